/* Effects as bytes, for the rings between threads of one process. */
#include "model/effect.h"

#include "base/check.h"
#include "model/packing.h"

enum effect_parts {
    PART_WHO = 1u << 0,
    PART_TARGET = 1u << 1,
    PART_DONE = 1u << 2,
};

/*
 * What comes first. Behind it: the persons that are there, the channels, the ranks, and then the
 * texts. All but the texts are multiples of 8 bytes, so that the channels and ranks are aligned and
 * can be read where they stand.
 */
struct head {
    uint64_t seq;
    int64_t time_ms;
    uint64_t more;
    struct origin origin;
    uint32_t flags;
    uint32_t verdict;
    uint16_t name_bytes;
    uint16_t text_bytes;
    uint16_t extra_bytes;
    uint16_t channel_count;
    uint16_t rank_count;
    uint8_t kind;
    uint8_t refusal;
    uint8_t command_kind;
    uint8_t reason;
    uint8_t rank;
    uint8_t parts;
};

struct person_head {
    uint64_t session;
    uint64_t connection;
    uint32_t node;
    uint32_t worker;
    uint32_t flags;
    uint16_t nick_bytes;
    uint16_t user_bytes;
    uint16_t host_bytes;
    uint16_t account_bytes;
    uint16_t realname_bytes;
    uint16_t unused;
};

_Static_assert(sizeof(struct head) % 8 == 0 && sizeof(struct person_head) % 8 == 0 &&
                   sizeof(struct effect_channel) % 8 == 0 && sizeof(struct effect_rank) % 8 == 0,
               "what stands behind the heads is aligned");
_Static_assert(sizeof(struct head) + 2 * (sizeof(struct person_head) + PERSON_BYTES_MAX) +
                       COMMAND_NAME_BYTES_MAX + REPLIES_BYTES_MAX + IRC_TAGS_BYTES_MAX +
                       CHANNELS_PER_SESSION_MAX * sizeof(struct effect_channel) +
                       MODES_PER_COMMAND_MAX * sizeof(struct effect_rank) <=
                   EFFECT_PACKED_BYTES_MAX,
               "the bound of model/effect.h holds");
_Static_assert(REPLIES_BYTES_MAX <= UINT16_MAX && MESSAGE_BYTES_MAX <= UINT16_MAX,
               "the lengths of texts fit");
_Static_assert(EFFECT_KIND_COUNT <= UINT8_MAX && COMMAND_KIND_COUNT <= UINT8_MAX, "the kinds fit");

static size_t text_bytes_max(const struct effect *effect)
{
    return effect->kind == EFFECT_REPLIES ? REPLIES_BYTES_MAX : MESSAGE_BYTES_MAX;
}

static bool person_is_there(const struct person *person)
{
    return person->session != 0 || person->nick.count > 0;
}

static size_t person_packed_bytes(const struct person *person)
{
    if (!person_is_there(person)) {
        return 0;
    }
    return sizeof(struct person_head) + person->nick.count + person->user.count +
           person->host.count + person->account.count + person->realname.count;
}

size_t effect_packed_bytes(const struct effect *effect)
{
    return sizeof(struct head) + person_packed_bytes(&effect->who) +
           person_packed_bytes(&effect->target) +
           effect->channel_count * sizeof(struct effect_channel) +
           effect->rank_count * sizeof(struct effect_rank) + effect->name.count +
           effect->text.count + effect->extra.count;
}

static char *person_pack(const struct person *person, char *out)
{
    if (!person_is_there(person)) {
        return out;
    }
    check(person->nick.count <= NAME_BYTES_MAX && person->account.count <= NAME_BYTES_MAX);
    check(person->user.count <= USER_BYTES_MAX && person->host.count <= HOST_BYTES_MAX);
    check(person->realname.count <= REALNAME_BYTES_MAX);
    struct person_head head = {
        .session = person->session,
        .connection = person->connection,
        .node = person->node,
        .worker = person->worker,
        .flags = person->flags,
        .nick_bytes = (uint16_t)person->nick.count,
        .user_bytes = (uint16_t)person->user.count,
        .host_bytes = (uint16_t)person->host.count,
        .account_bytes = (uint16_t)person->account.count,
        .realname_bytes = (uint16_t)person->realname.count,
    };
    memcpy(out, &head, sizeof(head));
    return out + sizeof(head);
}

static char *person_texts_pack(const struct person *person, char *out)
{
    if (!person_is_there(person)) {
        return out;
    }
    out = packing_put(out, person->nick);
    out = packing_put(out, person->user);
    out = packing_put(out, person->host);
    out = packing_put(out, person->account);
    return packing_put(out, person->realname);
}

static struct head head_of(const struct effect *effect)
{
    check(effect->channel_count <= CHANNELS_PER_SESSION_MAX);
    check(effect->rank_count <= MODES_PER_COMMAND_MAX);
    check(effect->name.count <= COMMAND_NAME_BYTES_MAX);
    check(effect->text.count <= text_bytes_max(effect));
    check(effect->extra.count <= IRC_TAGS_BYTES_MAX);
    check(effect->rank <= UINT8_MAX);
    return (struct head){
        .seq = effect->seq,
        .time_ms = effect->time_ms,
        .more = effect->more,
        .origin = effect->origin,
        .flags = effect->flags,
        .verdict = effect->verdict,
        .name_bytes = (uint16_t)effect->name.count,
        .text_bytes = (uint16_t)effect->text.count,
        .extra_bytes = (uint16_t)effect->extra.count,
        .channel_count = (uint16_t)effect->channel_count,
        .rank_count = (uint16_t)effect->rank_count,
        .kind = (uint8_t)effect->kind,
        .refusal = (uint8_t)effect->refusal,
        .command_kind = (uint8_t)effect->command_kind,
        .reason = (uint8_t)effect->reason,
        .rank = (uint8_t)effect->rank,
        .parts = (uint8_t)((person_is_there(&effect->who) ? PART_WHO : 0u) |
                           (person_is_there(&effect->target) ? PART_TARGET : 0u) |
                           (effect->done ? PART_DONE : 0u)),
    };
}

void effect_pack(const struct effect *effect, void *out)
{
    struct head head = head_of(effect);
    memcpy(out, &head, sizeof(head));
    char *next = (char *)out + sizeof(head);
    next = person_pack(&effect->who, next);
    next = person_pack(&effect->target, next);
    if (effect->channel_count > 0) {
        memcpy(next, effect->channels, effect->channel_count * sizeof(*effect->channels));
        next += effect->channel_count * sizeof(*effect->channels);
    }
    if (effect->rank_count > 0) {
        memcpy(next, effect->ranks, effect->rank_count * sizeof(*effect->ranks));
        next += effect->rank_count * sizeof(*effect->ranks);
    }
    next = person_texts_pack(&effect->who, next);
    next = person_texts_pack(&effect->target, next);
    next = packing_put(next, effect->name);
    next = packing_put(next, effect->text);
    packing_put(next, effect->extra);
}

/* All but the texts, of which the lengths alone are set. */
static const char *person_unpack(const char *data, struct person *out)
{
    struct person_head head;
    memcpy(&head, data, sizeof(head));
    *out = (struct person){
        .session = head.session,
        .connection = head.connection,
        .node = head.node,
        .worker = head.worker,
        .flags = head.flags,
        .nick.count = head.nick_bytes,
        .user.count = head.user_bytes,
        .host.count = head.host_bytes,
        .account.count = head.account_bytes,
        .realname.count = head.realname_bytes,
    };
    return data + sizeof(head);
}

static void person_texts_unpack(const char **next, struct person *person)
{
    person->nick = packing_take(next, person->nick.count);
    person->user = packing_take(next, person->user.count);
    person->host = packing_take(next, person->host.count);
    person->account = packing_take(next, person->account.count);
    person->realname = packing_take(next, person->realname.count);
}

void effect_unpack(const void *data, struct effect *out)
{
    struct head head;
    memcpy(&head, data, sizeof(head));
    check(head.channel_count <= CHANNELS_PER_SESSION_MAX);
    check(head.rank_count <= MODES_PER_COMMAND_MAX);
    *out = (struct effect){
        .kind = (enum effect_kind)head.kind,
        .refusal = (enum refusal)head.refusal,
        .verdict = head.verdict,
        .command_kind = (enum command_kind)head.command_kind,
        .reason = (enum leave_reason)head.reason,
        .flags = head.flags,
        .rank = head.rank,
        .seq = head.seq,
        .time_ms = head.time_ms,
        .origin = head.origin,
        .done = (head.parts & PART_DONE) != 0,
        .more = head.more,
        .channel_count = head.channel_count,
        .rank_count = head.rank_count,
    };
    const char *next = (const char *)data + sizeof(head);
    if ((head.parts & PART_WHO) != 0) {
        next = person_unpack(next, &out->who);
    }
    if ((head.parts & PART_TARGET) != 0) {
        next = person_unpack(next, &out->target);
    }
    /* Aligned: data is, and so are the sizes of what stands before. */
    out->channels = (const struct effect_channel *)(const void *)next;
    next += head.channel_count * sizeof(*out->channels);
    out->ranks = (const struct effect_rank *)(const void *)next;
    next += head.rank_count * sizeof(*out->ranks);
    if ((head.parts & PART_WHO) != 0) {
        person_texts_unpack(&next, &out->who);
    }
    if ((head.parts & PART_TARGET) != 0) {
        person_texts_unpack(&next, &out->target);
    }
    out->name = packing_take(&next, head.name_bytes);
    out->text = packing_take(&next, head.text_bytes);
    out->extra = packing_take(&next, head.extra_bytes);
}

void effect_packed_finish(void *data, uint64_t more)
{
    struct head head;
    memcpy(&head, data, sizeof(head));
    head.parts |= PART_DONE;
    head.more = more;
    memcpy(data, &head, sizeof(head));
}

uint64_t effect_packed_seq(const void *data)
{
    uint64_t seq;
    memcpy(&seq, (const char *)data + offsetof(struct head, seq), sizeof(seq));
    return seq;
}
