/* Commands as bytes, for the rings between threads of one process. */
#include "model/command.h"

#include "base/check.h"

#include <string.h>

/* What comes before the texts. */
struct head {
    uint32_t kind;
    uint32_t reason;
    uint64_t session;
    struct origin origin;
    uint32_t name_bytes;
    uint32_t text_bytes;
};

_Static_assert(sizeof(struct head) + CHANNEL_BYTES_MAX + MESSAGE_BYTES_MAX <=
                   COMMAND_PACKED_BYTES_MAX,
               "the bound of model/command.h holds");

size_t command_packed_bytes(const struct command *command)
{
    return sizeof(struct head) + command->name.count + command->text.count;
}

/* memcpy() may not be given NULL, which an empty text may hold. */
static char *put_text(char *out, struct text text)
{
    if (text.count > 0) {
        memcpy(out, text.data, text.count);
    }
    return out + text.count;
}

void command_pack(const struct command *command, void *out)
{
    check(command->name.count <= CHANNEL_BYTES_MAX);
    check(command->text.count <= MESSAGE_BYTES_MAX);
    struct head head = {
        .kind = command->kind,
        .reason = command->reason,
        .session = command->session,
        .origin = command->origin,
        .name_bytes = (uint32_t)command->name.count,
        .text_bytes = (uint32_t)command->text.count,
    };
    memcpy(out, &head, sizeof(head));
    char *texts = put_text((char *)out + sizeof(head), command->name);
    put_text(texts, command->text);
}

void command_unpack(const void *data, struct command *out)
{
    struct head head;
    memcpy(&head, data, sizeof(head));
    check(head.name_bytes <= CHANNEL_BYTES_MAX && head.text_bytes <= MESSAGE_BYTES_MAX);
    const char *texts = (const char *)data + sizeof(head);
    *out = (struct command){
        .kind = (enum command_kind)head.kind,
        .reason = (enum leave_reason)head.reason,
        .session = head.session,
        .origin = head.origin,
        .name = {.data = texts, .count = head.name_bytes},
        .text = {.data = texts + head.name_bytes, .count = head.text_bytes},
    };
}
