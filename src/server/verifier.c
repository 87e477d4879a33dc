/* Passwords between workers and the verifier's thread, and their checking. */
#include "server/verifier.h"

#include "auth/password.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>

/* As it lies in the ring; who, hash and password stand behind it. */
struct record {
    uint64_t connection;
    uint16_t who_bytes;
    uint16_t hash_bytes;
    uint16_t password_bytes;
    bool too_soon;
    char texts[];
};

/* The first count bytes of the text, or fewer: it never ends inside a character. */
static struct text text_start(struct text text, size_t count)
{
    if (text.count > count) {
        text.count = count;
        text.count -= utf8_tail_bytes(text);
    }
    return text;
}

static char *text_put(char *at, struct text text)
{
    if (text.count > 0) {
        memcpy(at, text.data, text.count);
    }
    return at + text.count;
}

bool verify_request_put(struct lane *lane, const struct verify_request *request)
{
    struct text who = text_start(request->who, VERIFY_WHO_BYTES_MAX);
    /* What is longer can never be right, and need not be carried: one byte over says enough. */
    struct text hash = request->hash.count <= PASSWORD_HASH_BYTES_MAX ? request->hash : TEXT_NONE;
    struct text password = request->password;
    password.count = password.count <= PASSWORD_BYTES_MAX ? password.count : PASSWORD_BYTES_MAX + 1;
    struct record *record =
        ring_reserve(lane->requests, sizeof *record + who.count + hash.count + password.count);
    if (record == NULL) {
        return false;
    }
    record->connection = request->connection;
    record->too_soon = request->too_soon;
    record->who_bytes = (uint16_t)who.count;
    record->hash_bytes = (uint16_t)hash.count;
    record->password_bytes = (uint16_t)password.count;
    (void)text_put(text_put(text_put(record->texts, who), hash), password);
    return true;
}

bool verdict_take(struct lane *lane, struct verdict *out)
{
    size_t record_bytes;
    const struct verdict *verdict = ring_next(lane->verdicts, &record_bytes);
    if (verdict != NULL) {
        *out = *verdict;
    }
    ring_release(lane->verdicts);
    return verdict != NULL;
}

void verifier_init(struct verifier *verifier, struct bus *bus)
{
    *verifier = (struct verifier){.bus = bus};
}

/* A password was right: an act of some weight, so each is told. Wrong ones may come by the
 * thousand. */
static void verdict_log(struct verifier *verifier, const struct record *record, bool right,
                        int64_t now_ms)
{
    uint64_t skipped;
    if (right) {
        log_line(LOG_INFO, "oper: right password: %.*s", (int)record->who_bytes, record->texts);
        return;
    }
    verifier->wrong_count++;
    if (log_limit_pass(&verifier->wrong_log, now_ms, &skipped)) {
        log_line(LOG_WARNING, "oper: %s: %.*s (%llu in vain so far)",
                 record->too_soon ? "too soon after a wrong password" : "wrong password",
                 (int)record->who_bytes, record->texts, (unsigned long long)verifier->wrong_count);
    }
}

/* Looks at one request, wipes it, and puts its verdict, for which there is room. */
static void request_answer(struct verifier *verifier, struct lane *lane, struct record *record,
                           int64_t now_ms)
{
    struct text who = {.data = record->texts, .count = record->who_bytes};
    struct text hash = {.data = who.data + who.count, .count = record->hash_bytes};
    struct text password = {.data = hash.data + hash.count, .count = record->password_bytes};
    bool right = !record->too_soon && password_verify(hash, password);
    verdict_log(verifier, record, right, now_ms);
    struct verdict *verdict = ring_reserve(lane->verdicts, sizeof *verdict);
    check(verdict != NULL);
    *verdict = (struct verdict){.connection = record->connection, .right = right};
    mem_wipe(record->texts, who.count + hash.count + password.count);
}

bool verifier_step(struct verifier *verifier, int64_t now_ms)
{
    struct bus *bus = verifier->bus;
    for (uint32_t i = 0; i < bus->worker_count; i++) {
        struct lane *lane = &bus->lanes[verifier->turn];
        verifier->turn = (verifier->turn + 1) % bus->worker_count;
        if (!ring_has_room(lane->verdicts, sizeof(struct verdict), 1)) {
            continue; /* The worker has not taken those before. */
        }
        size_t record_bytes;
        const void *record = ring_next(lane->requests, &record_bytes);
        if (record == NULL) {
            continue;
        }
        /* Until it is released, what lies in the ring is the consumer's. */
        request_answer(verifier, lane, (struct record *)(uintptr_t)record, now_ms);
        ring_release(lane->requests);
        bus_feed(&lane->starved, &lane->waker);
        ring_publish(lane->verdicts);
        waker_wake(&lane->waker);
        return true;
    }
    return false;
}

bool verifier_has_work(struct verifier *verifier)
{
    struct bus *bus = verifier->bus;
    for (uint32_t i = 0; i < bus->worker_count; i++) {
        struct lane *lane = &bus->lanes[i];
        if (!ring_empty(lane->requests) &&
            ring_has_room(lane->verdicts, sizeof(struct verdict), 1)) {
            return true;
        }
    }
    return false;
}

bool verifier_is_done(const struct verifier *verifier)
{
    return atomic_load_explicit(&verifier->bus->stage, memory_order_acquire) != STAGE_RUN;
}
