/* The errors that functions of madang return. What a peer does wrong is never one of these. */
#ifndef MADANG_BASE_ERROR_H
#define MADANG_BASE_ERROR_H

enum error {
    ERR_OK = 0,
    ERR_MEMORY,    /* An allocation failed. */
    ERR_LIMIT,     /* A bound of model/limits.h or of a buffer was reached. */
    ERR_INVALID,   /* The input is not of the form that was asked for. */
    ERR_NOT_FOUND, /* No such thing. */
    ERR_EXISTS,    /* There is one already. */
    ERR_AGAIN,     /* Nothing to do now; try again when told to. */
    ERR_CLOSED,    /* The other side is gone. */
    ERR_ADDRESS,   /* An address is taken, not ours, or cannot be understood. */
    ERR_DENIED,    /* The system does not permit it. */
    ERR_DISK_FULL, /* No room on the disk: the same group may be tried again. */
    ERR_IO,        /* The disk refused a read or a write: the same group may be tried again. */
    ERR_BUSY,      /* Somebody else holds the lock: may be tried again. */
    ERR_SYNC,      /* A flush to the disk failed: nothing that was not flushed may be trusted. */
    ERR_DAMAGED,   /* The file is not what we wrote. */
    ERR_VERSION,   /* The file is from a newer madang. */
};

/* Every function that returns an enum error is declared with it. */
#define MUST_USE __attribute__((warn_unused_result))

/* For words about a failure: where there is no memory for them, the error code alone must do. */
#define BEST_EFFORT(call)                                                                          \
    do {                                                                                           \
        if ((call) != ERR_OK) {                                                                    \
        }                                                                                          \
    } while (0)

/* Returns a short English name for logs ("disk full"); never NULL. Any thread. */
const char *error_name(enum error error);

#endif
