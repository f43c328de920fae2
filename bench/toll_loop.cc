/* toll_loop.cc: the yardstick of bench/toll.py, a loop written by hand for one query.
**
**   SELECT TollId, COUNT(*) AS Vehicles, AVG(Toll) AS AvgToll, System.Timestamp() AS WindowEnd
**   FROM Toll TIMESTAMP BY EntryTime GROUP BY TollId, TumblingWindow(second, 10)
**
** usage: toll_loop FILE > rows.ndjson
**
** It does what any program must do for this answer and nothing else: read the file in pieces of 1 MB,
** let simdjson's On-Demand parser walk the events of a piece, take three fields of each, add to the
** group of (TollId, window), print the groups when the window ends. It trusts its input: events in time
** order, fields in the generator's order, times of one fixed shape. A general engine cannot; how near it
** comes is what the ratio says.
**
** Padding: simdjson reads up to SIMDJSON_PADDING (64) bytes behind the text it is given, so the buffer
** has that much room behind the last piece. A piece is cut behind its last newline; the rest moves to
** the front before the next read. iterate_many gets batches far smaller than the piece, because the
** index it writes for a batch (4 bytes for each structural character) should stay in the cache; a
** document that crosses the end of a batch is taken up by the next one. */
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace ondemand = simdjson::ondemand;

namespace {

constexpr size_t kPieceBytes = 1 << 20;
constexpr size_t kBatchBytes = 256 << 10; /* must hold the longest event */
constexpr int64_t kWindowMs = 10000;

[[noreturn]] void fail(const char *what) {
  std::fprintf(stderr, "toll_loop: %s\n", what);
  std::exit(3);
}

struct Group {
  int64_t toll_id;
  int64_t count; /* 0: the slot is free */
  double  sum;
};

/* Groups of the one open window: open addressing on TollId, at most half full. */
class Groups {
 public:
  Groups() : slots_(1024) {}
  void add(int64_t toll_id, double toll) {
    Group &group = find(toll_id);
    if (group.count == 0) insert(group, toll_id);
    group.count++;
    group.sum += toll;
  }
  template <typename F>
  void flush(F each) {
    for (const Group &group : slots_)
      if (group.count) each(group);
    slots_.assign(slots_.size(), Group{});
    used_ = 0;
  }

 private:
  Group &find(int64_t toll_id) {
    size_t mask = slots_.size() - 1;
    size_t at = (static_cast<uint64_t>(toll_id) * 0x9e3779b97f4a7c15u >> 40) & mask;
    while (slots_[at].count && slots_[at].toll_id != toll_id) at = (at + 1) & mask;
    return slots_[at];
  }
  void insert(Group &group, int64_t toll_id) {
    if (++used_ * 2 > slots_.size()) fail("more stations than the loop expects");
    group = Group{toll_id, 0, 0};
  }
  std::vector<Group> slots_;
  size_t used_ = 0;
};

/* Milliseconds of the day of "2026-03-01T00:00:07.1230000Z" with its opening quote. */
int64_t day_ms(const char *text) {
  auto two = [text](int at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  int64_t seconds = two(12) * 3600 + two(15) * 60 + two(18);
  return seconds * 1000 + two(21) * 10 + (text[23] - '0');
}

/* Windows are (start, end]: an event on a boundary belongs to the window that ends there. */
int64_t window_end(int64_t ms) { return (ms + kWindowMs - 1) / kWindowMs * kWindowMs; }

class Query {
 public:
  void event(ondemand::object object) {
    int64_t toll_id = object.find_field("TollId").get_int64();
    const char *time = object.find_field("EntryTime").raw_json_token().take_value().data();
    double toll = object.find_field("Toll").get_double();
    int64_t ms = day_ms(time);
    if (ms > end_) close(time, window_end(ms));
    groups_.add(toll_id, toll);
    events_++;
  }
  void finish() { close(nullptr, 0); }
  uint64_t events() const { return events_; }

 private:
  void close(const char *next_time, int64_t next_end) {
    int seconds = static_cast<int>(end_ / 1000);
    groups_.flush([&](const Group &group) {
      std::printf("{\"TollId\":%lld,\"Vehicles\":%lld,\"AvgToll\":%.17g,"
                  "\"WindowEnd\":\"%sT%02d:%02d:%02d.0000000Z\"}\n",
                  static_cast<long long>(group.toll_id), static_cast<long long>(group.count),
                  group.sum / static_cast<double>(group.count), date_, seconds / 3600, seconds / 60 % 60, seconds % 60);
    });
    if (next_time) std::memcpy(date_, next_time + 1, 10);
    end_ = next_end;
  }
  Groups   groups_;
  int64_t  end_ = -1; /* milliseconds of the day */
  char     date_[11] = "";
  uint64_t events_ = 0;
};

void piece(ondemand::parser &parser, Query &query, const char *text, size_t len) {
  ondemand::document_stream stream;
  if (parser.iterate_many(text, len, kBatchBytes).get(stream)) fail("simdjson refuses a piece");
  for (auto document : stream) {
    ondemand::object object;
    if (document.get_object().get(object)) fail("an event is no object");
    query.event(object);
  }
}

/* Fills the buffer behind `kept` bytes; returns how many it holds then. */
size_t fill(int file, char *buffer, size_t kept) {
  size_t have = kept;
  while (have < kPieceBytes) {
    ssize_t got = read(file, buffer + have, kPieceBytes - have);
    if (got < 0) fail("cannot read the file");
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  return have;
}

}  // namespace

int main(int argc, char **argv) {
  int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
  if (file < 0) {
    std::fprintf(stderr, "usage: toll_loop FILE > rows.ndjson\n");
    return 2;
  }
  std::vector<char> buffer(kPieceBytes + simdjson::SIMDJSON_PADDING);
  ondemand::parser parser;
#ifdef SIMDJSON_THREADS_ENABLED
  parser.threaded = false; /* else iterate_many indexes the next batch on a second thread */
#endif
  Query query;
  for (size_t kept = 0, have; (have = fill(file, buffer.data(), kept)) > 0;) {
    const void *newline = memrchr(buffer.data(), '\n', have);
    if (newline == nullptr) fail("an event is longer than a piece, or the last line has no end");
    size_t whole = static_cast<size_t>(static_cast<const char *>(newline) - buffer.data()) + 1;
    piece(parser, query, buffer.data(), whole);
    kept = have - whole;
    std::memmove(buffer.data(), buffer.data() + whole, kept);
    if (have < kPieceBytes) break;
  }
  query.finish();
  std::fprintf(stderr, "%llu events\n", static_cast<unsigned long long>(query.events()));
  return 0;
}
