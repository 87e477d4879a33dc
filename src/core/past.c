/* Who was here: a ring of the last sessions that ended and nicks that were given up. */
#include "base/check.h"
#include "base/mem.h"
#include "base/siphash.h"
#include "core/change.h"

uint64_t past_hash(const struct core *core, struct text key)
{
    return siphash(&(struct siphash_key){.k0 = core->seed, .k1 = ~core->seed}, key, 1, 3);
}

void past_take(struct core *core, struct session *session, int64_t time_ms)
{
    struct name_key key;
    check(name_key(session_nick(session), &key) == ERR_OK);
    struct past *past = &core->past[core->past_count % WHOWAS_MAX];
    session_free(past->session);
    session_strip(session);
    session->opened_ms = time_ms;
    *past = (struct past){
        .session = session,
        .hash = past_hash(core, (struct text){.data = key.data, .count = key.count}),
    };
    core->past_count++;
}
