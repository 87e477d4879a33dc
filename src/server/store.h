/* The data directory: made when it is missing, ours alone while the server runs. Main thread. */
#ifndef MADANG_SERVER_STORE_H
#define MADANG_SERVER_STORE_H

#include "base/bytes.h"

/*
 * Makes the directory (0700; its parents only with parents), refuses a symbolic link or one of
 * another user, and locks it against a second server. *out_lock is held until it is closed. On
 * failure problem holds one sentence. ERR_BUSY: another server has it; ERR_DENIED, ERR_NOT_FOUND,
 * ERR_IO.
 */
MUST_USE enum error store_lock(const char *directory, bool parents, int *out_lock,
                               struct bytes *problem);

#endif
