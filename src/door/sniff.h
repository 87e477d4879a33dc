/* The first bytes of a connection decide its door, once. DESIGN: one port for everything. */
#ifndef MADANG_DOOR_SNIFF_H
#define MADANG_DOOR_SNIFF_H

#include "base/bytes.h"

enum sniff {
    SNIFF_MORE, /* Could still become several things: wait for more bytes, or for quiet, which means
                   plain. */
    SNIFF_PLAIN,   /* A name. */
    SNIFF_IRC,     /* A verb of IRC that may come first, and a space. */
    SNIFF_HTTP,    /* A method of HTTP and a space. */
    SNIFF_TLS,     /* A TLS handshake record: 0x16 0x03. */
    SNIFF_FOREIGN, /* Surely another protocol (SSH, SMTP, RDP, SOCKS, SMB, RESP, telnet
                      negotiation): never a name. */
};

/* The verdict over the first bytes (count >= 1); it needs no more than 64 of them. Any thread. */
enum sniff sniff_bytes(struct text first);

#endif
