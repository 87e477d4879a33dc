/* The server's own secret, drawn once and kept in the data directory: the key of the cloaks. */
#ifndef MADANG_SERVER_SECRET_H
#define MADANG_SERVER_SECRET_H

#include "base/bytes.h"
#include "base/siphash.h"

/* In the data directory. */
#define SECRET_FILE "secret"

/*
 * Reads the secret, or makes it (0600, whatever the umask) when there is none. The directory is
 * locked and has been looked at (store.h). problem is cleared; on failure it holds one sentence,
 * and nothing has changed. ERR_DENIED: a link, another's file, or one that others may read;
 * ERR_DAMAGED: not what we wrote; ERR_DISK_FULL, ERR_IO. Main thread.
 */
MUST_USE enum error secret_open(const char *directory, struct siphash_key *out,
                                struct bytes *problem);

#endif
