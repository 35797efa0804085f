#define _GNU_SOURCE
#include "CPlatform.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

int pinion_flock(int descriptor, int operation) { return flock(descriptor, operation); }

void pinion_keep_memory_private(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int pinion_syncfs(int descriptor) { return syncfs(descriptor); }

int pinion_rename_exclusive(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int pinion_rename_exchange(const char *one, const char *other) {
  return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}

int pinion_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int pinion_anonymous_file(void) { return memfd_create("pinion", MFD_CLOEXEC); }
