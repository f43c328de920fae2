/* toll_gen.c: writes toll-station events as JSON lines, the input of bench/toll.py.
**
** usage: toll_gen EVENTS > toll.ndjson
**
** The same number of events gives the same bytes on every machine: all variety comes from one
** splitmix64 sequence with a fixed seed. An event is about 180 bytes long:
**
**   {"TollId":17,"EntryTime":"2026-03-01T00:00:07.1230000Z","LicensePlate":"JNB 7001","State":"NY",
**    "Make":"Honda","Model":"CRV","VehicleType":1,"VehicleWeight":0,"Toll":4.5,"Tag":"876451965"}
**
** Events are in time order, 25 for each millisecond, so 5,000,000 of them span 200 seconds. As in real
** data one field is spelt both `4` and `4.5`, weights too, and seven tags in eight are empty. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { EVENTS_PER_MS = 25, TOLL_STATIONS = 100, LINE_MAX_BYTES = 256, BUFFER_BYTES = 1 << 20 };

typedef struct Vehicle { const char *make, *model; int type; const char *weight; } Vehicle;

static const Vehicle vehicles[] = {
  {"Honda", "CRV", 1, "0"},    {"Toyota", "Camry", 1, "0"},   {"Ford", "Focus", 1, "0"},
  {"Volvo", "S80", 1, "0"},    {"Toyota", "Yaris", 1, "0"},   {"Honda", "Civic", 1, "0"},
  {"BMW", "320i", 1, "0"},     {"Chevrolet", "Bolt", 1, "0"}, {"Nissan", "Altima", 1, "0"},
  {"Kia", "Rio", 1, "0"},      {"Subaru", "Outback", 1, "0"}, {"Tesla", "Model 3", 1, "0"},
  {"Audi", "A4", 1, "0"},      {"Ford", "F-150", 1, "2.2"},   {"Peterbilt", "389", 2, "2.675"},
  {"Mack", "CH", 2, "3.11"},   {"Kenworth", "T680", 2, "3"},  {"Volvo", "VNL", 2, "2.95"},
};
static const char *const states[] = {"NY", "NJ", "PA", "CT", "MA", "VA", "MD", "CA", "TX", "FL", "WA", "OH"};
static const char *const car_tolls[] = {"4", "4.5", "5", "5.5", "6", "7", "4.25", "8"};
static const char *const lorry_tolls[] = {"8.5", "10", "12.5", "15", "22.75"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t random_state = 20260301;

static uint64_t random_next(void) { /* splitmix64 */
  uint64_t z = random_state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* Takes the next few of the bits: cheaper than a random number for each field. */
static unsigned pick(uint64_t *bits, unsigned choices) {
  unsigned chosen = (unsigned)((*bits & 0xffffff) * choices >> 24);
  *bits = *bits >> 7 | *bits << 57;
  return chosen;
}

static const char *pick_toll(uint64_t *bits, const Vehicle *vehicle) {
  return vehicle->type == 2 ? lorry_tolls[pick(bits, COUNT(lorry_tolls))] : car_tolls[pick(bits, COUNT(car_tolls))];
}

/* One pick a statement: the order of evaluation inside a call is the compiler's choice. */
static int write_event(char *line, uint64_t ms) {
  uint64_t bits = random_next(), tag_bits = random_next(), plate_bits = random_next();
  unsigned station = 1 + pick(&bits, TOLL_STATIONS);
  const char *state = states[pick(&bits, COUNT(states))];
  const Vehicle *vehicle = &vehicles[pick(&bits, COUNT(vehicles))];
  const char *toll = pick_toll(&bits, vehicle);
  char plate[4] = {0}, tag[16] = "";
  for (int i = 0; i < 3; i++) plate[i] = (char)('A' + pick(&plate_bits, 26));
  if (tag_bits % 8 == 0) snprintf(tag, sizeof tag, "%09" PRIu64, tag_bits / 8 % 1000000000);
  return snprintf(line, LINE_MAX_BYTES,
                  "{\"TollId\":%u,\"EntryTime\":\"2026-03-01T%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64
                  "0000Z\",\"LicensePlate\":\"%s %04u\",\"State\":\"%s\",\"Make\":\"%s\",\"Model\":\"%s\","
                  "\"VehicleType\":%d,\"VehicleWeight\":%s,\"Toll\":%s,\"Tag\":\"%s\"}\n",
                  station, ms / 3600000 % 24, ms / 60000 % 60, ms / 1000 % 60, ms % 1000, plate,
                  pick(&plate_bits, 10000), state, vehicle->make, vehicle->model, vehicle->type, vehicle->weight,
                  toll, tag);
}

int main(int argc, char **argv) {
  char *end = NULL;
  uint64_t events = argc == 2 ? strtoull(argv[1], &end, 10) : 0;
  if (events == 0 || *end || events > 24ull * 3600 * 1000 * EVENTS_PER_MS) {
    fprintf(stderr, "usage: toll_gen EVENTS > toll.ndjson   (at most one day of them)\n");
    return 2;
  }
  static char buffer[BUFFER_BYTES];
  size_t used = 0;
  for (uint64_t i = 0; i < events; i++) {
    used += (size_t)write_event(buffer + used, i / EVENTS_PER_MS);
    if (used + LINE_MAX_BYTES < BUFFER_BYTES && i + 1 < events) continue;
    if (fwrite(buffer, 1, used, stdout) != used) {
      perror("toll_gen: cannot write");
      return 3;
    }
    used = 0;
  }
  return fflush(stdout) ? 3 : 0;
}
