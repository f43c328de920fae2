/* reference_snapshots.c: see reference_snapshots.h. */
#include "ops/reference_snapshots.h"

enum { SNAPSHOT_VERSION = 1, COUNTS_VERSION = 1 };

static void drop(ReferenceSnapshots *snapshots, uint32_t at) {
  reference_table_free(snapshots->items[at].table);
  snapshots->len--;
  for (uint32_t i = at; i < snapshots->len; i++) snapshots->items[i] = snapshots->items[i + 1];
}

void snapshots_release(ReferenceSnapshots *snapshots) {
  while (snapshots->len) drop(snapshots, snapshots->len - 1);
}

static void make_room(ReferenceSnapshots *snapshots) {
  if (snapshots->len < SNAPSHOTS_MAX) return;
  uint32_t least = 0;
  for (uint32_t i = 1; i < snapshots->len; i++)
    if (snapshots->items[i].used < snapshots->items[least].used) least = i;
  drop(snapshots, least);
}

/* Puts it in its place, and ends the one before it. */
static void insert(ReferenceSnapshots *snapshots, Snapshot snapshot) {
  Snapshot *items = snapshots->items;
  uint32_t at = snapshots->len++;
  for (; at > 0 && items[at - 1].time > snapshot.time; at--) items[at] = items[at - 1];
  if (at > 0 && items[at - 1].until > snapshot.time) items[at - 1].until = snapshot.time;
  items[at] = snapshot;
}

void snapshots_add(ReferenceSnapshots *snapshots, ReferenceTable *table, Ticks time, Ticks until) {
  for (uint32_t i = 0; i < snapshots->len; i++)
    if (snapshots->items[i].time == time) drop(snapshots, i);
  make_room(snapshots);
  insert(snapshots, (Snapshot){.table = table, .time = time, .until = until, .used = ++snapshots->uses,
                               .number = snapshots->next_number++});
}

bool snapshots_has(const ReferenceSnapshots *snapshots, Ticks time) {
  for (uint32_t i = 0; i < snapshots->len; i++)
    if (snapshots->items[i].time == time) return true;
  return false;
}

Snapshot *snapshots_at(ReferenceSnapshots *snapshots, Ticks t) {
  uint32_t at = snapshots->len;
  if (at == 0) BUG("a stream reached a join before its reference data");
  while (at > 1 && snapshots->items[at - 1].time > t) at--;
  return &snapshots->items[at - 1];
}

void snapshots_use(ReferenceSnapshots *snapshots, Snapshot *snapshot) { snapshot->used = ++snapshots->uses; }

void snapshots_forget(ReferenceSnapshots *snapshots, Ticks watermark) {
  while (snapshots->len > 1 && snapshots->items[1].time <= watermark) drop(snapshots, 0);
}

/* ---- state ------------------------------------------------------------------------------------ */

static void save_one(const Snapshot *snapshot, ByteWriter *out) {
  put_i64(out, snapshot->time);
  put_i64(out, snapshot->until);
  put_u64(out, snapshot->used);
  reference_table_save(snapshot->table, out);
}

Status snapshots_save(ReferenceSnapshots *snapshots, StateWriter *out, Error *err) {
  ByteWriter *bytes = state_begin(out, "snapshots", 0, COUNTS_VERSION);
  put_u32(bytes, snapshots->next_number);
  put_u64(bytes, snapshots->uses);
  TRY(state_end(out, err));
  for (uint32_t i = 0; i < snapshots->len; i++) {
    Snapshot *snapshot = &snapshots->items[i];
    if (snapshot->saved) {
      TRY(state_keep(out, "snapshot", snapshot->number, err));
      continue;
    }
    save_one(snapshot, state_begin(out, "snapshot", snapshot->number, SNAPSHOT_VERSION));
    TRY(state_end(out, err));
    snapshot->saved = true;
  }
  return STATUS_OK;
}

static Status load_one(ReferenceSnapshots *snapshots, StateReader *in, uint32_t number, ReferenceTable *table,
                       Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "snapshot", number, SNAPSHOT_VERSION, &bytes, err));
  Snapshot snapshot = {.table = table, .number = number, .saved = true};
  snapshot.time = get_i64(&bytes);
  snapshot.until = get_i64(&bytes);
  snapshot.used = get_u64(&bytes);
  bytes.bad |= snapshots->len == SNAPSHOTS_MAX;
  reference_table_load(table, &bytes);
  TRY(state_done(in, &bytes, err));
  insert(snapshots, snapshot);
  return STATUS_OK;
}

Status snapshots_load(ReferenceSnapshots *snapshots, StateReader *in, uint32_t cols_len, uint32_t keys_len,
                      Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "snapshots", 0, COUNTS_VERSION, &bytes, err));
  snapshots->next_number = get_u32(&bytes);
  snapshots->uses = get_u64(&bytes);
  TRY(state_done(in, &bytes, err));
  StateIndices numbers = {0};
  state_indices(in, "snapshot", &numbers);
  Status status = STATUS_OK;
  for (uint32_t i = 0; i < numbers.len && status == STATUS_OK; i++) {
    ReferenceTable *table = reference_table_new(cols_len, keys_len);
    status = load_one(snapshots, in, numbers.items[i], table, err);
    if (status != STATUS_OK) reference_table_free(table);
  }
  vec_release(&numbers);
  return status;
}
