/* Effects and rows as bytes, for the rings between threads of one process. */
#include "model/effect.h"

#include "base/check.h"
#include "model/limits.h"

#include <string.h>

/* What comes before an effect's channels and texts. A multiple of 8 bytes, so that the channels
 * behind it are aligned. */
struct effect_head {
    uint32_t kind;
    uint32_t refusal;
    uint32_t verdict;
    uint32_t command_kind;
    uint32_t reason;
    uint32_t channel_count;
    uint64_t seq;
    int64_t time_ms;
    uint64_t session;
    struct origin origin;
    uint32_t nick_bytes;
    uint32_t name_bytes;
    uint32_t text_bytes;
    uint32_t unused;
};

struct row_head {
    uint32_t kind;
    uint32_t reason;
    uint64_t seq;
    int64_t time_ms;
    uint32_t channel_bytes;
    uint32_t nick_bytes;
    uint32_t text_bytes;
    uint32_t unused;
};

_Static_assert(sizeof(struct effect_head) % _Alignof(struct effect_channel) == 0,
               "channels behind the head are aligned");
_Static_assert(sizeof(struct effect_head) + NAME_BYTES_MAX + CHANNEL_BYTES_MAX + MESSAGE_BYTES_MAX +
                       CHANNELS_PER_SESSION_MAX * sizeof(struct effect_channel) <=
                   EFFECT_PACKED_BYTES_MAX,
               "the bound of model/effect.h holds");
_Static_assert(sizeof(struct row_head) + NAME_BYTES_MAX + CHANNEL_BYTES_MAX + MESSAGE_BYTES_MAX <=
                   ROW_PACKED_BYTES_MAX,
               "the bound of model/effect.h holds");

/* memcpy() may not be given NULL, which an empty text may hold. */
static char *put_text(char *out, struct text text)
{
    if (text.count > 0) {
        memcpy(out, text.data, text.count);
    }
    return out + text.count;
}

size_t effect_packed_bytes(const struct effect *effect)
{
    return sizeof(struct effect_head) + effect->channel_count * sizeof(struct effect_channel) +
           effect->nick.count + effect->name.count + effect->text.count;
}

void effect_pack(const struct effect *effect, void *out)
{
    check(effect->channel_count <= CHANNELS_PER_SESSION_MAX);
    check(effect->nick.count <= NAME_BYTES_MAX);
    check(effect->name.count <= CHANNEL_BYTES_MAX);
    check(effect->text.count <= MESSAGE_BYTES_MAX);
    struct effect_head head = {
        .kind = effect->kind,
        .refusal = effect->refusal,
        .verdict = effect->verdict,
        .command_kind = effect->command_kind,
        .reason = effect->reason,
        .channel_count = effect->channel_count,
        .seq = effect->seq,
        .time_ms = effect->time_ms,
        .session = effect->session,
        .origin = effect->origin,
        .nick_bytes = (uint32_t)effect->nick.count,
        .name_bytes = (uint32_t)effect->name.count,
        .text_bytes = (uint32_t)effect->text.count,
    };
    memcpy(out, &head, sizeof(head));
    char *next = (char *)out + sizeof(head);
    if (effect->channel_count > 0) {
        memcpy(next, effect->channels, effect->channel_count * sizeof(*effect->channels));
    }
    next += effect->channel_count * sizeof(*effect->channels);
    next = put_text(next, effect->nick);
    next = put_text(next, effect->name);
    put_text(next, effect->text);
}

void effect_unpack(const void *data, struct effect *out)
{
    struct effect_head head;
    memcpy(&head, data, sizeof(head));
    check(head.channel_count <= CHANNELS_PER_SESSION_MAX && head.nick_bytes <= NAME_BYTES_MAX);
    check(head.name_bytes <= CHANNEL_BYTES_MAX && head.text_bytes <= MESSAGE_BYTES_MAX);
    const char *channels = (const char *)data + sizeof(head);
    const char *texts = channels + head.channel_count * sizeof(struct effect_channel);
    *out = (struct effect){
        .kind = (enum effect_kind)head.kind,
        .refusal = (enum refusal)head.refusal,
        .verdict = head.verdict,
        .command_kind = (enum command_kind)head.command_kind,
        .reason = (enum leave_reason)head.reason,
        .seq = head.seq,
        .time_ms = head.time_ms,
        .session = head.session,
        .origin = head.origin,
        .nick = {.data = texts, .count = head.nick_bytes},
        .name = {.data = texts + head.nick_bytes, .count = head.name_bytes},
        .text = {.data = texts + head.nick_bytes + head.name_bytes, .count = head.text_bytes},
        /* Aligned: data is, and so is the head's size. */
        .channels = (const struct effect_channel *)(const void *)channels,
        .channel_count = head.channel_count,
    };
}

size_t row_packed_bytes(const struct row *row)
{
    return sizeof(struct row_head) + row->channel.count + row->nick.count + row->text.count;
}

void row_pack(const struct row *row, void *out)
{
    check(row->channel.count <= CHANNEL_BYTES_MAX);
    check(row->nick.count <= NAME_BYTES_MAX);
    check(row->text.count <= MESSAGE_BYTES_MAX);
    struct row_head head = {
        .kind = row->kind,
        .reason = row->reason,
        .seq = row->seq,
        .time_ms = row->time_ms,
        .channel_bytes = (uint32_t)row->channel.count,
        .nick_bytes = (uint32_t)row->nick.count,
        .text_bytes = (uint32_t)row->text.count,
    };
    memcpy(out, &head, sizeof(head));
    char *next = put_text((char *)out + sizeof(head), row->channel);
    next = put_text(next, row->nick);
    put_text(next, row->text);
}

void row_unpack(const void *data, struct row *out)
{
    struct row_head head;
    memcpy(&head, data, sizeof(head));
    check(head.channel_bytes <= CHANNEL_BYTES_MAX && head.nick_bytes <= NAME_BYTES_MAX);
    check(head.text_bytes <= MESSAGE_BYTES_MAX);
    const char *texts = (const char *)data + sizeof(head);
    *out = (struct row){
        .kind = (enum row_kind)head.kind,
        .reason = (enum leave_reason)head.reason,
        .seq = head.seq,
        .time_ms = head.time_ms,
        .channel = {.data = texts, .count = head.channel_bytes},
        .nick = {.data = texts + head.channel_bytes, .count = head.nick_bytes},
        .text = {.data = texts + head.channel_bytes + head.nick_bytes, .count = head.text_bytes},
    };
}
