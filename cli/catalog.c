/* catalog.c: see catalog.h. The registries hold families of scalar functions without titles; a family takes its
** title from one well-known member. */
#include "cli/catalog.h"

#include "functions/function.h"
#include "windows/window.h"

#define NULL_RULE "a NULL argument gives NULL"
#define ANALYTIC_TITLE "Looking back"
#define AGGREGATE_NULL_RULE "NULL values are skipped"

typedef struct FamilyTitle { const char *member, *title; } FamilyTitle;

static const FamilyTitle titles[] = {
  {"ABS", "Mathematics"},          {"LEN", "Text"},            {"DATEADD", "Date and time"},
  {"GETARRAYLENGTH", "Arrays"},    {"GETRECORDPROPERTYVALUE", "Records"}, {"JSON_PARSE", "JSON"},
  {"ISNULL", "Choices"},           {"NULLIF", "Choices"},      {"REGEXMATCH", "Regular expressions"},
  {"ST_DISTANCE", "Geography"},    {"System.Timestamp", "Events"},
};

static bool family_has(const ScalarFn *family, const char *member) {
  for (const ScalarFn *fn = family; fn->name; fn++)
    if (str_eq_nocase(str_from(fn->name), str_from(member))) return true;
  return false;
}

static bool is_listed(const ScalarFn *family) {
  for (const ScalarFn *fn = family; fn->name; fn++)
    if (!(fn->flags & FN_OPERATOR)) return true;
  return false;
}

/* The n-th family that has a function to be called by name; NULL behind the last. */
static const ScalarFn *scalar_family(unsigned n) {
  for (unsigned i = 0; scalar_families[i]; i++)
    if (is_listed(scalar_families[i]) && n-- == 0) return scalar_families[i];
  return NULL;
}

static unsigned scalar_count(void) {
  unsigned count = 0;
  while (scalar_family(count)) count++;
  return count;
}

unsigned catalog_families(void) { return scalar_count() + 3; } /* and aggregates, LAG and its like, windows */

const char *catalog_family(unsigned family) {
  const ScalarFn *scalars = scalar_family(family);
  static const char *const others[] = {"Aggregates", ANALYTIC_TITLE, "Windows"};
  if (scalars == NULL) return others[family - scalar_count()];
  for (unsigned i = 0; i < sizeof titles / sizeof *titles; i++)
    if (family_has(scalars, titles[i].member)) return titles[i].title;
  return "Other functions";
}

static const char *null_rule(const char *given, const char *usual) { return given && *given ? given : usual; }

static void each_aggregate(void (*visit)(const CatalogEntry *, void *), void *context) {
  for (unsigned i = 0; aggregate_families[i]; i++)
    for (const AggregateFn *fn = aggregate_families[i]; fn->name; fn++)
      visit(&(CatalogEntry){fn->name, "Aggregates", fn->signature, fn->doc,
                            null_rule(fn->null_rule, AGGREGATE_NULL_RULE), fn->examples ? fn->examples : ""}, context);
}

static void each_analytic(void (*visit)(const CatalogEntry *, void *), void *context) {
  for (const AnalyticFn *fn = analytic_functions; fn->name; fn++)
    visit(&(CatalogEntry){fn->name, ANALYTIC_TITLE, fn->signature, fn->doc, fn->null_rule, fn->examples}, context);
}

static void each_window(void (*visit)(const CatalogEntry *, void *), void *context) {
  for (const WindowClass *cls = window_classes; cls->name; cls++)
    visit(&(CatalogEntry){cls->name, "Windows", cls->signature, cls->doc, NULL, cls->example}, context);
}

void catalog_each(unsigned family, void (*visit)(const CatalogEntry *entry, void *context), void *context) {
  const ScalarFn *scalars = scalar_family(family);
  const char *title = catalog_family(family);
  for (const ScalarFn *fn = scalars; fn && fn->name; fn++) {
    if (fn->flags & FN_OPERATOR) continue;
    visit(&(CatalogEntry){fn->name, title, fn->signature, fn->doc, null_rule(fn->null_rule, NULL_RULE),
                          fn->examples ? fn->examples : ""}, context);
  }
  if (scalars == NULL && family == scalar_count()) each_aggregate(visit, context);
  else if (scalars == NULL && family == scalar_count() + 1) each_analytic(visit, context);
  else if (scalars == NULL) each_window(visit, context);
}
