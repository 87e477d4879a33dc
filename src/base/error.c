/* The names of errors, for logs. */
#include "base/error.h"

const char *error_name(enum error error)
{
    switch (error) {
    case ERR_OK:
        return "no error";
    case ERR_MEMORY:
        return "out of memory";
    case ERR_LIMIT:
        return "a limit was reached";
    case ERR_INVALID:
        return "invalid";
    case ERR_NOT_FOUND:
        return "not found";
    case ERR_EXISTS:
        return "exists already";
    case ERR_AGAIN:
        return "not now";
    case ERR_CLOSED:
        return "closed";
    case ERR_ADDRESS:
        return "address not usable";
    case ERR_DENIED:
        return "not permitted";
    case ERR_DISK_FULL:
        return "disk full";
    case ERR_IO:
        return "input or output error";
    case ERR_BUSY:
        return "in use";
    case ERR_SYNC:
        return "flush to disk failed";
    case ERR_DAMAGED:
        return "damaged";
    case ERR_VERSION:
        return "from a newer version";
    }
    return "unknown error";
}
