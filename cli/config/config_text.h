/* config_text.h: files that people write by hand, read as they are found in practice: UTF-8 with or without a
** byte-order mark. What an editor saved in another encoding is refused with one message that names the encoding, the
** place and the way out, instead of a syntax error about an invisible character.
** Ownership: texts and trees live in the arena. Thread: any. */
#ifndef WEIR_CLI_CONFIG_CONFIG_TEXT_H
#define WEIR_CLI_CONFIG_CONFIG_TEXT_H

#include "base/arena.h"
#include "io/where.h"
#include "types/json.h"

/* The text without its byte-order mark, a NUL behind it. Messages begin with the path; err->who is empty. */
Status config_text_load(Arena *arena, const char *path, Str *out, Error *err);
/* The same, parsed. Offsets of the nodes count in *text, which may be NULL. */
Status config_json_load(Arena *arena, const char *path, Str *text, JsonNode **out, Error *err);
/* The name of the encoding when a file is not written in bytes of eight bits: "UTF-16 (little endian)"; NULL: it is no
** such file, or cannot be read. Looks at its first bytes only. */
const char *config_wide_encoding(const char *path);
/* STATUS_CONFIG when the name of a file tells a format that there is not. */
Status config_format_check(const Where *where, Error *err);
/* STATUS_CONFIG when recorded events cannot be read for what their file is: another encoding, a format that only its
** name tells. Nothing but malformed records would come of them. */
Status config_events_check(Arena *arena, const Where *where, Error *err);
/* Line and column of an offset, from 1; the column counts code points. */
void config_text_place(Str text, size_t offset, unsigned *line, unsigned *column);

#endif
