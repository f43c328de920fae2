/* catalog.h: everything that is called by name in a query, family by family: what `weir functions` and
** docs/reference/functions.md show. Read off the registries; operators are left out. */
#ifndef WEIR_CLI_CATALOG_H
#define WEIR_CLI_CATALOG_H

typedef struct CatalogEntry {
  const char *name, *family, *signature, *doc;
  const char *null_rule; /* NULL: a window */
  const char *examples;  /* one a line */
} CatalogEntry;

unsigned catalog_families(void);
const char *catalog_family(unsigned family); /* "Mathematics" */
void catalog_each(unsigned family, void (*visit)(const CatalogEntry *entry, void *context), void *context);

#endif
