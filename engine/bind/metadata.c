/* metadata.c: GetMetadataPropertyValue(input, 'name'): what the transport knows of an event beside its payload.
**
** A name is a property (Offset), an adapter (EventHub: all its properties as a record), or a property of one
** ([EventHub].[Offset]). Every adapter's name works on every input, so a query keeps its meaning when the input moves
** from one transport to the next; what a transport does not know is NULL. Properties are columns of the input, as
** PartitionId and its like are, made only when a query asks. */
#include "bind/binder.h"
#include "functions/operators.h"

typedef struct MetaProperty { const char *name; InputColumnKind kind; } MetaProperty;

enum { IN_EVENTS = 1, IN_FILES = 2, IN_HEADERS = 4 };
typedef struct MetaAdapter { const char *name; unsigned has; } MetaAdapter;

static const MetaProperty metadata_events[], metadata_files[], metadata_synonyms[];
static const MetaAdapter metadata_adapters[];

/* ---- names ------------------------------------------------------------------------------------ */

static const MetaProperty *find_property(const MetaProperty *table, Str name) {
  for (; table->name; table++)
    if (str_eq_nocase(str_from(table->name), name)) return table;
  return NULL;
}

static const MetaProperty *property_of(unsigned has, Str name) {
  const MetaProperty *found = NULL;
  if (has & IN_EVENTS) found = find_property(metadata_events, name);
  if (found == NULL && (has & IN_FILES)) found = find_property(metadata_files, name);
  return found ? found : find_property(metadata_synonyms, name);
}

static const MetaAdapter *find_adapter(Str name) {
  for (const MetaAdapter *adapter = metadata_adapters; adapter->name; adapter++)
    if (str_eq_nocase(str_from(adapter->name), name)) return adapter;
  return NULL;
}

/* [EventHub].[Offset], EventHub.Offset, [Offset]: *second is empty when there is one part. */
static void split_name(Str text, Str *first, Str *second) {
  bool bracket = text.len && text.ptr[0] == '[';
  size_t from = bracket ? 1 : 0, end = from;
  while (end < text.len && text.ptr[end] != (bracket ? ']' : '.')) end++;
  *first = str_sub(text, from, end);
  Str rest = str_sub(text, end + (bracket && end < text.len), text.len);
  if (rest.len && rest.ptr[0] == '.') rest = str_sub(rest, 1, rest.len);
  if (rest.len >= 2 && rest.ptr[0] == '[' && rest.ptr[rest.len - 1] == ']') rest = str_sub(rest, 1, rest.len - 1);
  *second = rest;
}

static Expr *unknown_property(Binder *b, Span span, Str name) {
  Str names[32];
  unsigned count = 0;
  for (const MetaProperty *property = metadata_events; property->name; property++)
    names[count++] = str_from(property->name);
  for (const MetaProperty *property = metadata_files; property->name; property++)
    names[count++] = str_from(property->name);
  for (const MetaAdapter *adapter = metadata_adapters; adapter->name; adapter++)
    names[count++] = str_from(adapter->name);
  Str nearest = diag_nearest(name, names, count);
  Diag *diag = diag_add(b->diags, DIAG_wrong_argument_type, span, "events have no property `" STR_FMT "`",
                        STR_ARG(name));
  if (nearest.len) diag_hint(b->diags, diag, "did you mean '" STR_FMT "'?", STR_ARG(nearest));
  else diag_hint(b->diags, diag, "`weir functions GetMetadataPropertyValue` lists them; '[User].[name]' is a header");
  return expr_error(b, span);
}

/* ---- values ----------------------------------------------------------------------------------- */

typedef struct MetaCall {
  const Scope *scope;
  Leaf *leaf;
  Span  span;
} MetaCall;

static Expr *property_value(Binder *b, const MetaCall *call, InputColumnKind kind) {
  int64_t at = input_meta_column(b, call->leaf->provider.input, kind);
  return leaf_column_expr(b, call->scope, call->leaf, (uint32_t)at, call->span);
}

static Expr *header_value(Binder *b, const MetaCall *call, Str name) {
  Value text = value_text(name);
  Expr *args[] = {property_value(b, call, INPUT_HEADERS), expr_const(b->arena, call->span, &text)};
  return bind_operator(b, call->span, OP_FIELD, args, 2);
}

static Expr *adapter_record(Binder *b, const MetaCall *call, const MetaAdapter *adapter) {
  if (adapter->has & IN_HEADERS) return property_value(b, call, INPUT_HEADERS);
  const MetaProperty *property = adapter->has & IN_EVENTS ? metadata_events : metadata_files;
  Expr *args[16];
  uint32_t count = 0;
  for (; property->name; property++) {
    Value name = value_text(str_from(property->name));
    args[count++] = expr_const(b->arena, call->span, &name);
    args[count++] = property_value(b, call, property->kind);
  }
  return bind_operator(b, call->span, OP_ROW, args, count);
}

static Expr *named_value(Binder *b, const MetaCall *call, Span span, Str text) {
  Str first, second;
  split_name(text, &first, &second);
  const MetaAdapter *adapter = find_adapter(first);
  if (second.len == 0 && adapter) return adapter_record(b, call, adapter);
  if (second.len && adapter && (adapter->has & IN_HEADERS)) return header_value(b, call, second);
  const MetaProperty *property = NULL;
  if (second.len && adapter) property = property_of(adapter->has, second);
  else if (second.len == 0) property = property_of(IN_EVENTS | IN_FILES, first);
  return property ? property_value(b, call, property->kind) : unknown_property(b, span, text);
}

/* The input whose events are asked about; NULL: diagnosed. */
static Leaf *input_leaf(Binder *b, const Scope *scope, const AstExpr *arg) {
  bool name = arg->kind == AST_PATH && arg->path.len == 1;
  Leaf *leaf = name && !scope->match ? scope_leaf(scope, arg->path.items[0].text) : NULL;
  if (leaf && leaf->provider.input && !leaf->provider.input->reference) return leaf;
  Diag *diag = diag_add(b->diags, DIAG_wrong_argument_type, arg->span,
                        "the first argument of `GetMetadataPropertyValue` is an input of this FROM, or its alias");
  if (leaf && leaf->provider.input) diag_hint(b->diags, diag, "reference data has no events");
  else if (leaf) diag_hint(b->diags, diag, "ask in the step that reads the input, and select the value there");
  return NULL;
}

Expr *bind_metadata(Binder *b, const Scope *scope, const AstExpr *ast) {
  const AstExpr *name = ast->call.args.items[1];
  Leaf *leaf = input_leaf(b, scope, ast->call.args.items[0]);
  if (leaf == NULL) return expr_error(b, ast->span);
  MetaCall call = {scope, leaf, ast->span};
  if (name->kind == AST_TEXT || name->kind == AST_QUOTED) return named_value(b, &call, name->span, name->text);
  diag_add(b->diags, DIAG_wrong_argument_type, name->span,
           "the second argument of `GetMetadataPropertyValue` is a constant text such as '[User].[name]'");
  return expr_error(b, ast->span);
}

/* ---- tables ----------------------------------------------------------------------------------- */

/* Each table is what the adapter's record holds, in this order. */
static const MetaProperty metadata_events[] = {
  {"PartitionId", INPUT_PARTITION},
  {"Offset", INPUT_OFFSET},
  {"Key", INPUT_KEY},
  {"EventEnqueuedUtcTime", INPUT_ARRIVAL},
  {NULL},
};

static const MetaProperty metadata_files[] = {
  {"BlobName", INPUT_BLOB},
  {"Offset", INPUT_OFFSET},
  {NULL},
};

/* Other names, and what belongs to no adapter. */
static const MetaProperty metadata_synonyms[] = {
  {"EventId", INPUT_EVENT_ID},
  {"Partition", INPUT_PARTITION},
  {"SequenceNumber", INPUT_OFFSET},
  {"PartitionKey", INPUT_KEY},
  {"EnqueuedTimeUtc", INPUT_ARRIVAL},
  {"EventProcessedUtcTime", INPUT_PROCESSED},
  {"FileName", INPUT_BLOB},
  {NULL},
};

static const MetaAdapter metadata_adapters[] = {
  {"EventHub", IN_EVENTS},  {"Kafka", IN_EVENTS},  {"BlobStorage", IN_FILES}, {"File", IN_FILES},
  {"User", IN_HEADERS},     {"IoTHub", IN_HEADERS}, {NULL},
};
