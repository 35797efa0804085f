#ifndef PINION_CGIT2_SHIM_H
#define PINION_CGIT2_SHIM_H

#include <errno.h>
#include <git2.h>
#include <git2/sys/stream.h>
#include <git2/sys/transport.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

// A socket of our own, so that the helper decides where a connection may go: libgit2's own follows a redirect to
// another port of the same host whatever its settings say. It also sends small requests at once.

typedef struct {
  git_stream parent;
  int descriptor;
  char host[256];
  char port[16];
} pinion_git_stream;

/// Connects to a host and port; the descriptor, or -1 with libgit2's error set.
static inline int pinion_git_connect(const char *host, const char *port) {
  struct addrinfo hints, *addresses = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = AF_UNSPEC;
  int status = getaddrinfo(host, port, &hints, &addresses);
  if (status != 0) {
    git_error_set_str(GIT_ERROR_NET, gai_strerror(status));
    return -1;
  }
  int error = ECONNREFUSED, result = -1;
  for (struct addrinfo *address = addresses; address; address = address->ai_next) {
    int descriptor = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
    if (descriptor < 0) {
      error = errno;
      continue;
    }
    if (connect(descriptor, address->ai_addr, address->ai_addrlen) == 0) {
      int on = 1;
      // Requests are small and answered before the next is sent: waiting to fill a packet only costs time.
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      result = descriptor;
      break;
    }
    error = errno;
    close(descriptor);
  }
  freeaddrinfo(addresses);
  if (result < 0) git_error_set_str(GIT_ERROR_NET, strerror(error));
  return result;
}

static inline int pinion_git_stream_connect(git_stream *stream) {
  pinion_git_stream *self = (pinion_git_stream *)stream;
  self->descriptor = pinion_git_connect(self->host, self->port);
  return self->descriptor >= 0 ? GIT_OK : GIT_ERROR;
}

static inline ssize_t pinion_git_stream_read(git_stream *stream, void *bytes, size_t count) {
  ssize_t result;
  do {
    result = recv(((pinion_git_stream *)stream)->descriptor, bytes, count, 0);
  } while (result < 0 && errno == EINTR);
  if (result < 0) git_error_set_str(GIT_ERROR_NET, strerror(errno));
  return result;
}

static inline ssize_t pinion_git_stream_write(git_stream *stream, const char *bytes, size_t count, int flags) {
  ssize_t result;
  do {
    result = send(((pinion_git_stream *)stream)->descriptor, bytes, count, flags | MSG_NOSIGNAL);
  } while (result < 0 && errno == EINTR);
  if (result < 0) git_error_set_str(GIT_ERROR_NET, strerror(errno));
  return result;
}

static inline int pinion_git_stream_close(git_stream *stream) {
  pinion_git_stream *self = (pinion_git_stream *)stream;
  int status = self->descriptor < 0 ? 0 : close(self->descriptor);
  self->descriptor = -1;
  return status;
}

static inline void pinion_git_stream_free(git_stream *stream) {
  pinion_git_stream_close(stream);
  free(stream);
}

/// Makes a stream to a host and port that are already found to be allowed.
static inline int pinion_git_stream_new(git_stream **out, const char *host, const char *port) {
  if (strlen(host) > 255 || strlen(port) > 15) {
    git_error_set_str(GIT_ERROR_NET, "the host's name is too long");
    return GIT_ERROR;
  }
  pinion_git_stream *self = calloc(1, sizeof *self);
  if (!self) {
    git_error_set_str(GIT_ERROR_NOMEMORY, "out of memory");
    return GIT_ERROR;
  }
  self->descriptor = -1;
  strcpy(self->host, host);
  strcpy(self->port, port);
  self->parent.version = GIT_STREAM_VERSION;
  self->parent.connect = pinion_git_stream_connect;
  self->parent.read = pinion_git_stream_read;
  self->parent.write = pinion_git_stream_write;
  self->parent.close = pinion_git_stream_close;
  self->parent.free = pinion_git_stream_free;
  *out = &self->parent;
  return GIT_OK;
}

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
