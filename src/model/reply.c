/* Replies as bytes: several stand one behind the other in the text of an effect, unaligned. */
#include "model/reply.h"

#include "base/check.h"
#include "model/packing.h"

/* What comes before the lengths of the params, which are followed by their bytes. */
struct head {
    uint16_t numeric;
    uint16_t param_count;
};

size_t reply_packed_bytes(const struct reply *reply)
{
    check(reply->param_count <= REPLY_PARAMS_MAX);
    size_t bytes = sizeof(struct head) + reply->param_count * sizeof(uint16_t);
    for (uint32_t i = 0; i < reply->param_count; i++) {
        bytes += reply->params[i].count;
    }
    return bytes;
}

void reply_pack(const struct reply *reply, void *out)
{
    check(reply->param_count <= REPLY_PARAMS_MAX);
    struct head head = {.numeric = (uint16_t)reply->numeric,
                        .param_count = (uint16_t)reply->param_count};
    uint16_t lengths[REPLY_PARAMS_MAX] = {0};
    for (uint32_t i = 0; i < reply->param_count; i++) {
        check(reply->params[i].count <= UINT16_MAX);
        lengths[i] = (uint16_t)reply->params[i].count;
    }
    memcpy(out, &head, sizeof(head));
    char *next = (char *)out + sizeof(head);
    memcpy(next, lengths, reply->param_count * sizeof(lengths[0]));
    next += reply->param_count * sizeof(lengths[0]);
    for (uint32_t i = 0; i < reply->param_count; i++) {
        next = packing_put(next, reply->params[i]);
    }
}

bool reply_take(struct text *packed, struct reply *out)
{
    if (packed->count == 0) {
        return false;
    }
    struct head head;
    uint16_t lengths[REPLY_PARAMS_MAX];
    check(packed->count >= sizeof(head));
    memcpy(&head, packed->data, sizeof(head));
    check(head.param_count <= REPLY_PARAMS_MAX);
    size_t bytes = sizeof(head) + head.param_count * sizeof(lengths[0]);
    check(packed->count >= bytes);
    memcpy(lengths, packed->data + sizeof(head), head.param_count * sizeof(lengths[0]));
    const char *next = packed->data + bytes;
    *out = (struct reply){.numeric = (enum numeric)head.numeric, .param_count = head.param_count};
    for (uint32_t i = 0; i < head.param_count; i++) {
        bytes += lengths[i];
        check(packed->count >= bytes);
        out->params[i] = packing_take(&next, lengths[i]);
    }
    packed->data += bytes;
    packed->count -= bytes;
    return true;
}
