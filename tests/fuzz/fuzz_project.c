/* fuzz_project.c: any bytes as files of a project: the XML of Visual Studio when they begin with `<`, else an input or
** an output. A binding that can run must be a WHERE that can be taken apart, and its printed form must hide its
** secrets. */
#include "cli/project/asaproj.h"
#include "cli/project/binding_file.h"
#include "connectors/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void eat_xml(Arena *arena, Str text) {
  AsaProject project = {0};
  Error err;
  asaproj_read_xml(arena, STR("x.asaproj"), text, &project, &err);
}

static void check_where(Arena *arena, Str text) {
  Where where;
  Error err;
  if (where_parse(arena, text, &where, &err) != STATUS_OK) return; /* a container called ? or a brace left open */
  const Str *secret = where_option(&where, "sasl.password");
  if (secret && secret->len > 20 && strstr(where.printable.ptr, arena_cstr(arena, *secret)))
    BUG("a secret shows");
  where_release(&where);
}

static void eat_binding(JobDesc *desc, Str text, bool output) {
  Error err;
  DescBinding binding = {0};
  DescOptions options = {.registry = connectors_registry(), .blobs = "blobs"};
  JsonNode *root = json_parse_tree(&desc->arena, text, &err);
  if (root == NULL || root->kind != JSON_OBJECT) return;
  BindingFile file = {.desc = desc, .options = &options, .path = STR("p/x.json"), .folder = STR("p"), .root = root,
                      .output = output, .into = &binding};
  if (binding_file_read(&file, &err) != STATUS_OK) return;
  if (binding.where.len == 0 && binding.problem.len == 0) BUG("a binding neither runs nor says why");
  if (binding.where.len) check_where(&desc->arena, binding.where);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  JobDesc desc = {0};
  arena_init(&desc.arena);
  desc.notes.arena = &desc.arena;
  Str text = arena_str(&desc.arena, (Str){(const char *)data, size});
  if (size && data[0] == '<') eat_xml(&desc.arena, text);
  else eat_binding(&desc, text, false), eat_binding(&desc, text, true);
  arena_release(&desc.arena);
  return 0;
}
