#define _GNU_SOURCE
#include "CPlatform.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
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

int pinion_socket_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); }

long pinion_receive(int socket, char *buffer, unsigned long capacity, int *descriptor) {
  struct iovec vector = {.iov_base = buffer, .iov_len = capacity};
  union {
    struct cmsghdr head;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
  *descriptor = -1;
  long count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (count < 0) return count;
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
    memcpy(descriptor, CMSG_DATA(head), sizeof(int));
  return count;
}
