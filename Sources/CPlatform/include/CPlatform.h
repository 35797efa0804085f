#ifndef PINION_CPLATFORM_H
#define PINION_CPLATFORM_H

/// flock(2). Swift sees only the structure of that name.
int pinion_flock(int descriptor, int operation);

/// syncfs(2): writes out everything on the file system that the descriptor is on.
int pinion_syncfs(int descriptor);

/// renameat2(2) with RENAME_NOREPLACE. Returns 0, or -1 with errno (EEXIST when the new name is taken).
int pinion_rename_exclusive(const char *from, const char *to);

/// renameat2(2) with RENAME_EXCHANGE: two names swap what they name, in one step.
int pinion_rename_exchange(const char *one, const char *other);

/// pipe2(2) with O_CLOEXEC: no program that is started in the same moment gets an end.
int pinion_pipe(int ends[2]);

/// Lets no core file be written of this process, and no other process of the same user look into its memory: prctl(2),
/// PR_SET_DUMPABLE. A program that it turns into has that again.
void pinion_keep_memory_private(void);

/// memfd_create(2): a file in memory without a name, closed in programs that are started. Returns it, or -1 with errno.
int pinion_anonymous_file(void);

/// socketpair(2): two Unix sockets that keep messages apart, closed in programs that are started. Returns 0, or -1 with errno.
int pinion_socket_pair(int ends[2]);

/// recvmsg(2): waits for one message, and takes a descriptor that comes with it (SCM_RIGHTS), closed in programs that are
/// started. Returns the message's length, 0 when the other end is closed, or -1 with errno; `descriptor` is -1 where none came.
long pinion_receive(int socket, char *buffer, unsigned long capacity, int *descriptor);

#endif
