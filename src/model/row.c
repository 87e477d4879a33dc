/* Rows as bytes, for the ring between the hub and the committer. */
#include "model/row.h"

#include "base/check.h"
#include "model/packing.h"

/* What comes before the texts. */
struct head {
    uint64_t seq;
    int64_t time_ms;
    int64_t number;
    uint32_t flags;
    uint16_t channel_bytes;
    uint16_t nick_bytes;
    uint16_t text_bytes;
    uint16_t extra_bytes;
    uint8_t kind;
    uint8_t reason;
};

_Static_assert(sizeof(struct head) + NAME_BYTES_MAX + COMMAND_NAME_BYTES_MAX + MESSAGE_BYTES_MAX +
                       IRC_TAGS_BYTES_MAX <=
                   ROW_PACKED_BYTES_MAX,
               "the bound of model/row.h holds");
_Static_assert(MESSAGE_BYTES_MAX <= UINT16_MAX && IRC_TAGS_BYTES_MAX <= UINT16_MAX,
               "the lengths of texts fit");
_Static_assert(ROW_KIND_COUNT <= UINT8_MAX, "the kinds fit");

size_t row_packed_bytes(const struct row *row)
{
    return sizeof(struct head) + row->channel.count + row->nick.count + row->text.count +
           row->extra.count;
}

void row_pack(const struct row *row, void *out)
{
    check(row->channel.count <= COMMAND_NAME_BYTES_MAX);
    check(row->nick.count <= NAME_BYTES_MAX);
    check(row->text.count <= MESSAGE_BYTES_MAX);
    check(row->extra.count <= IRC_TAGS_BYTES_MAX);
    struct head head = {
        .seq = row->seq,
        .time_ms = row->time_ms,
        .number = row->number,
        .flags = row->flags,
        .channel_bytes = (uint16_t)row->channel.count,
        .nick_bytes = (uint16_t)row->nick.count,
        .text_bytes = (uint16_t)row->text.count,
        .extra_bytes = (uint16_t)row->extra.count,
        .kind = (uint8_t)row->kind,
        .reason = (uint8_t)row->reason,
    };
    memcpy(out, &head, sizeof(head));
    char *next = packing_put((char *)out + sizeof(head), row->channel);
    next = packing_put(next, row->nick);
    next = packing_put(next, row->text);
    packing_put(next, row->extra);
}

void row_unpack(const void *data, struct row *out)
{
    struct head head;
    memcpy(&head, data, sizeof(head));
    check(head.channel_bytes <= COMMAND_NAME_BYTES_MAX && head.nick_bytes <= NAME_BYTES_MAX);
    check(head.text_bytes <= MESSAGE_BYTES_MAX && head.extra_bytes <= IRC_TAGS_BYTES_MAX);
    const char *next = (const char *)data + sizeof(head);
    *out = (struct row){
        .kind = (enum row_kind)head.kind,
        .reason = (enum leave_reason)head.reason,
        .flags = head.flags,
        .seq = head.seq,
        .time_ms = head.time_ms,
        .number = head.number,
    };
    out->channel = packing_take(&next, head.channel_bytes);
    out->nick = packing_take(&next, head.nick_bytes);
    out->text = packing_take(&next, head.text_bytes);
    out->extra = packing_take(&next, head.extra_bytes);
}
