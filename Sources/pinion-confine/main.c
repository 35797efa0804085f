// Starts a program with bounds, and where the system permits that, with a network of its own in which one port is all there is.
//
//   pinion-confine isolated|open PORT MEMORY FILESIZE PROGRAM [ARGUMENT…]
//
// It is a part of pinion and is started by it, with a Unix socket as standard input. On that it says one message: `c`, with a socket that
// listens to 127.0.0.1:PORT in the new network; `o`, where no network was asked for; or `r` with the reason, where the system
// refuses one: then nothing was started. It does all that in one thread and before anything else, as unshare(2) wants it, and
// is C without a library for that reason: it must not cost more than what it does.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { usage = 64, refused = 125, absent = 127 };

/// Says a message, with a descriptor where one is given.
static void say(const char *text, int descriptor) {
  struct iovec vector = {.iov_base = (void *)text, .iov_len = strlen(text)};
  union {
    struct cmsghdr head;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  if (descriptor >= 0) {
    message.msg_control = &control;
    message.msg_controllen = sizeof(control);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &descriptor, sizeof(int));
  }
  while (sendmsg(STDIN_FILENO, &message, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
}

/// Ends without having started anything.
static void refuse(const char *what) {
  char text[256];
  snprintf(text, sizeof(text), "r%s: %s", what, strerror(errno));
  say(text, -1);
  _exit(refused);
}

static int write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  ssize_t count = write(file, text, strlen(text));
  close(file);
  return count == (ssize_t)strlen(text) ? 0 : -1;
}

/// A network of its own: of root's right, else of a user namespace's, in which everybody stays who they are (user_namespaces(7)).
static void leave_network(void) {
  if (unshare(CLONE_NEWNET) == 0) return;
  char user[64], group[64];
  snprintf(user, sizeof(user), "%u %u 1", geteuid(), geteuid());
  snprintf(group, sizeof(group), "%u %u 1", getegid(), getegid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) refuse("unshare");
  if (write_file("/proc/self/setgroups", "deny") != 0 && errno != ENOENT) refuse("/proc/self/setgroups");
  if (write_file("/proc/self/uid_map", user) != 0) refuse("/proc/self/uid_map");
  if (write_file("/proc/self/gid_map", group) != 0) refuse("/proc/self/gid_map");
}

/// A socket that listens to the port on loopback, which comes up for that.
static int listener(uint16_t port) {
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0) refuse("socket");
  struct ifreq request = {.ifr_name = "lo"};
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(any, SIOCSIFFLAGS, &request) != 0) refuse("loopback");
  close(any);
  int found = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (found < 0) refuse("socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(found, (struct sockaddr *)&address, sizeof(address)) != 0) refuse("bind");
  if (listen(found, 128) != 0) refuse("listen");
  return found;
}

static void limit(int resource, rlim_t most) {
  struct rlimit now;
  if (getrlimit(resource, &now) != 0) return;
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most) most = now.rlim_max;
  struct rlimit next = {.rlim_cur = most, .rlim_max = most};
  setrlimit(resource, &next);
}

/// Of root's rights those to files stay: with the others it could go back to the host's network, or read another process's
/// memory. Nothing that is started can get more than it has, as sudo(8) would.
static void give_up_rights(void) {
  for (int right = 0; right <= 63; right++) {
    if (right == CAP_CHOWN || right == CAP_DAC_OVERRIDE || right == CAP_DAC_READ_SEARCH || right == CAP_FOWNER) continue;
    if (right == CAP_FSETID) continue;
    prctl(PR_CAPBSET_DROP, right, 0, 0, 0);
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int main(int count, char **words) {
  if (count < 6) {
    fputs("pinion-confine is a part of pinion and is started by it.\n", stderr);
    return usage;
  }
  int isolated = strcmp(words[1], "isolated") == 0;
  if (isolated) {
    leave_network();
    int found = listener((uint16_t)strtoul(words[2], NULL, 10));
    say("c", found);
    close(found);
  } else {
    say("o", -1);
  }
  limit(RLIMIT_DATA, strtoull(words[3], NULL, 10));
  limit(RLIMIT_FSIZE, strtoull(words[4], NULL, 10));
  limit(RLIMIT_CORE, 0);
  give_up_rights();
  // Modes go into wheels.
  umask(022);
  // Files and locks that pinion inherited from whoever started it, and the socket, are no business of what is started.
  closefrom(3);
  int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) return refused;
  if (nothing != STDIN_FILENO) close(nothing);
  execv(words[5], words + 5);
  fprintf(stderr, "%s: %s\n", words[5], strerror(errno));
  return absent;
}
