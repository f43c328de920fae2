/* templates.h: the projects that `weir new` makes: what stands below cli/templates, a folder a template, as it was when
** the program was built (cmake/embed.cmake). */
#ifndef WEIR_CLI_TEMPLATES_H
#define WEIR_CLI_TEMPLATES_H

#include <stddef.h>

typedef struct TemplateFile {
  const char *name; /* of the template: "tumbling" */
  const char *path; /* below its folder */
  const unsigned char *bytes; /* @NAME@ stands for the name of the project */
  size_t len;
} TemplateFile;

extern const TemplateFile template_files[]; /* those of one template stand together; ends with NULL names */

#endif
