#ifndef PINION_CSSH2_SHIM_H
#define PINION_CSSH2_SHIM_H

#include <libssh2.h>

// Constants that Swift cannot read, since they are sums of casts or shifts.

/// A host's name that is hashed, beside a key in base64.
static const int pinion_ssh_hashed_host = LIBSSH2_KNOWNHOST_TYPE_SHA1 | LIBSSH2_KNOWNHOST_KEYENC_BASE64;
/// A host's name in the clear, beside a key in base64.
static const int pinion_ssh_plain_host = LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_BASE64;
/// Any type of key will do, as long as it is named.
static const int pinion_ssh_some_key = LIBSSH2_KNOWNHOST_KEY_SSHRSA;

/// How many bytes a server may send before it is told to go on.
static const unsigned int pinion_ssh_channel_window = LIBSSH2_CHANNEL_WINDOW_DEFAULT;

/// Lets a session read and write by functions of ours, which are given what the session was made with.
static inline void pinion_ssh_set_transport(
  LIBSSH2_SESSION *session, LIBSSH2_RECV_FUNC((*receive)), LIBSSH2_SEND_FUNC((*send))) {
#if LIBSSH2_VERSION_NUM >= 0x010b01
  libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_RECV, (libssh2_cb_generic *)receive);
  libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_SEND, (libssh2_cb_generic *)send);
#else
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)receive);
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, (void *)send);
#endif
}

#endif
