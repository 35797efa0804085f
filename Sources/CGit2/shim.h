#ifndef PINION_CGIT2_SHIM_H
#define PINION_CGIT2_SHIM_H

#include <git2.h>
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>
#endif
#include <git2/sys/stream.h>
#include <git2/sys/transport.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/// Keeps this process's memory to itself: no core file, and no look into it by other processes of the same user. prctl(2),
/// PR_SET_DUMPABLE; a handler that the kernel pipes cores to heeds that alone.
static inline void pinion_git_keep_memory_private(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// What Swift cannot call: `git_libgit2_opts` is variadic.

/// Makes libgit2 look for the settings of a level nowhere.
static inline int pinion_git_ignore_settings(int level) {
  return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
}

/// Whether libgit2 opens repositories of other users only when a setting says so.
static inline int pinion_git_set_owner_validation(int enabled) {
#if LIBGIT2_VER_MAJOR > 1 || LIBGIT2_VER_MINOR >= 5
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
#else
  (void)enabled;
  return 0;
#endif
}

/// Which certificate authorities are trusted: a file, a directory, or both; at least one of them.
static inline int pinion_git_set_certificates(const char *file, const char *directory) {
  return git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, directory);
}

#define PINION_GIT_CAN_BE_SHALLOW (LIBGIT2_VER_MAJOR > 1 || LIBGIT2_VER_MINOR >= 7)

/// Whether this libgit2 can leave history out: from 1.7 on.
static inline int pinion_git_can_be_shallow(void) { return PINION_GIT_CAN_BE_SHALLOW; }

/// Has a fetch bring one commit of each history, where this libgit2 can.
static inline void pinion_git_leave_history_out(git_fetch_options *options) {
#if PINION_GIT_CAN_BE_SHALLOW
  options->depth = 1;
#else
  (void)options;
#endif
}

// Connections of our own, so that the helper decides where one may go, and how long it may take: libgit2's own follows a
// redirect to another port of the same host whatever its settings say, and waits for ever.

typedef struct {
  git_stream parent;
  void *owner;
} pinion_git_stream;

/// Lets every plain and TLS connection begin with `init`.
static inline int pinion_git_register_streams(int (*init)(git_stream **, const char *, const char *)) {
  git_stream_registration registration;
  memset(&registration, 0, sizeof registration);
  registration.version = GIT_STREAM_VERSION;
  registration.init = init;
  return git_stream_register(GIT_STREAM_STANDARD, &registration);
}

// ssh as a transport of our own, since libgit2's checks host keys against one file that nobody can name, and gives one
// error for everything that can go wrong. libgit2 sees a stream of bytes.

typedef struct {
  git_smart_subtransport parent;
  void *owner;
} pinion_git_ssh;

typedef struct {
  git_smart_subtransport_stream parent;
  void *owner;
} pinion_git_ssh_stream;

/// Lets every conversation with an `ssh` URL begin with `make`.
static inline int pinion_git_register_ssh(git_smart_subtransport_cb make) {
  static git_smart_subtransport_definition definition;
  definition.callback = make;
  definition.rpc = 0;
  return git_transport_register("ssh", git_transport_smart, &definition);
}

#endif
