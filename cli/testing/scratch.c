/* scratch.c: see scratch.h. A handler could not walk a folder, so a thread waits for the signals. */
#include "cli/testing/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/config/folders.h"

enum { ATTEMPTS = 3 }; /* cases that still run may put a file into a folder that is being removed */

static bool remove_folder(const char *path) {
  FolderPaths paths = {0};
  Error ignored;
  folder_list(path, &paths, &ignored);
  for (uint32_t i = 0; i < paths.len; i++)
    if (unlink(paths.items[i]) != 0) remove_folder(paths.items[i]);
  paths_release(&paths);
  return rmdir(path) == 0;
}

static void remove_all(const char *path) {
  for (unsigned i = 0; i < ATTEMPTS && !remove_folder(path); i++) continue;
}

static void fill_signals(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGINT);
  sigaddset(set, SIGTERM);
}

static void *watch(void *context) {
  Scratch *scratch = context;
  sigset_t ends;
  int number = SIGINT;
  fill_signals(&ends);
  while (sigwait(&ends, &number) != 0) continue;
  if (atomic_load(&scratch->done)) return NULL; /* woken by scratch_remove */
  remove_all(scratch->path);
  signal(number, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &ends, NULL);
  raise(number);
  return NULL;
}

bool scratch_make(Scratch *scratch) {
  const char *folder = getenv("TMPDIR");
  bool fits_in = folder && strlen(folder) < 40;
  sigset_t ends;
  fill_signals(&ends);
  pthread_sigmask(SIG_BLOCK, &ends, &scratch->before);
  snprintf(scratch->path, sizeof scratch->path, "%s/weir-test-XXXXXX", fits_in ? folder : "/tmp");
  if (mkdtemp(scratch->path) == NULL) {
    int reason = errno;
    scratch->path[0] = 0;
    pthread_sigmask(SIG_SETMASK, &scratch->before, NULL);
    return errno = reason, false;
  }
  scratch->watched = pthread_create(&scratch->watcher, NULL, watch, scratch) == 0;
  if (!scratch->watched) pthread_sigmask(SIG_SETMASK, &scratch->before, NULL);
  return true;
}

void scratch_remove(Scratch *scratch) {
  if (scratch->path[0] == 0) return;
  atomic_store(&scratch->done, true);
  if (scratch->watched) {
    pthread_kill(scratch->watcher, SIGINT);
    pthread_join(scratch->watcher, NULL);
  }
  remove_all(scratch->path);
  if (scratch->watched) pthread_sigmask(SIG_SETMASK, &scratch->before, NULL); /* what came meanwhile ends the process */
}
