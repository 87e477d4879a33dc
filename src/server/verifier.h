/*
 * The verifier checks passwords, which takes long on purpose, apart from the workers: they put
 * requests into their rings and go on; the verdicts come back by other rings. One password at a
 * time, so that guessing takes no more of the machine than one thread and the memory of one hash.
 * Steps are bounded by the cost that password_hash_check() lets through; the thread around them
 * (server.c) or the simulator decides when they run. One thread.
 */
#ifndef MADANG_SERVER_VERIFIER_H
#define MADANG_SERVER_VERIFIER_H

#include "base/bytes.h"
#include "base/log.h"
#include "server/bus.h"

struct verify_request {
    uint64_t connection; /* The worker's handle. */
    /* A wrong one came from there less than limit.oper_again_ms ago: the verdict is "wrong" without
     * a look (BADINPUT I33). */
    bool too_soon;
    struct text who;      /* For the log, no address: "alice as operator root", made visible there;
                             what is past VERIFY_WHO_BYTES_MAX is cut. */
    struct text hash;     /* "" (nobody is called that) is never right, and takes as long. */
    struct text password; /* Longer than PASSWORD_BYTES_MAX is never right. */
};

struct verdict {
    uint64_t connection;
    bool right;
};

/*
 * Worker: puts the request into the lane's ring; the password is wiped there as soon as it was
 * looked at. False: no room now, and the verifier wakes the worker when there is (lane->starved).
 * The worker publishes the ring with its others and wakes bus->verifier_waker.
 */
MUST_USE bool verify_request_put(struct lane *lane, const struct verify_request *request);
/* Worker: the next verdict; false when there is none. Released by the call after it. */
MUST_USE bool verdict_take(struct lane *lane, struct verdict *out);

struct verifier {
    struct bus *bus;
    uint32_t turn; /* The lane whose turn it is. */
    uint64_t wrong_count;
    struct log_limit wrong_log;
};

void verifier_init(struct verifier *verifier, struct bus *bus);
/* Checks at most one password. now_ms is monotonic, for the log. False when there was none to
 * check, or no room for its verdict. */
bool verifier_step(struct verifier *verifier, int64_t now_ms);
/* Before sleeping: true when verifier_step() would find something to do. */
bool verifier_has_work(struct verifier *verifier);
/* True when the server ends: nobody waits for verdicts any more. */
bool verifier_is_done(const struct verifier *verifier);

#endif
