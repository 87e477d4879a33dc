/* Commands as bytes, for the rings between threads of one process. */
#include "model/command.h"

#include "base/check.h"
#include "model/packing.h"

/* What comes before the texts. */
struct head {
    uint64_t session;
    uint64_t cursor;
    int64_t number;
    struct origin origin;
    uint32_t flags;
    uint16_t name_bytes;
    uint16_t text_bytes;
    uint16_t extra_bytes;
    uint8_t kind;
    uint8_t reason;
};

/* Comes behind the head of a COMMAND_OPEN. */
struct identity_head {
    uint16_t user_bytes;
    uint16_t host_bytes;
    uint16_t address_bytes;
    uint16_t realname_bytes;
    uint16_t account_bytes;
};

_Static_assert(sizeof(struct head) + sizeof(struct identity_head) + COMMAND_NAME_BYTES_MAX +
                       MESSAGE_BYTES_MAX + IRC_TAGS_BYTES_MAX + IDENTITY_BYTES_MAX <=
                   COMMAND_PACKED_BYTES_MAX,
               "the bound of model/command.h holds");
_Static_assert(MESSAGE_BYTES_MAX <= UINT16_MAX && IRC_TAGS_BYTES_MAX <= UINT16_MAX,
               "the lengths of texts fit");
_Static_assert(COMMAND_KIND_COUNT <= UINT8_MAX, "the kinds fit");

static size_t identity_packed_bytes(const struct identity *identity)
{
    return sizeof(struct identity_head) + identity->user.count + identity->host.count +
           identity->address.count + identity->realname.count + identity->account.count;
}

size_t command_packed_bytes(const struct command *command)
{
    return sizeof(struct head) + command->name.count + command->text.count + command->extra.count +
           (command->kind == COMMAND_OPEN ? identity_packed_bytes(&command->identity) : 0);
}

static char *identity_pack(const struct identity *identity, char *out)
{
    check(identity->user.count <= USER_BYTES_MAX);
    check(identity->host.count <= HOST_BYTES_MAX);
    check(identity->address.count <= ADDRESS_BYTES_MAX);
    check(identity->realname.count <= REALNAME_BYTES_MAX);
    check(identity->account.count <= NAME_BYTES_MAX);
    struct identity_head head = {
        .user_bytes = (uint16_t)identity->user.count,
        .host_bytes = (uint16_t)identity->host.count,
        .address_bytes = (uint16_t)identity->address.count,
        .realname_bytes = (uint16_t)identity->realname.count,
        .account_bytes = (uint16_t)identity->account.count,
    };
    memcpy(out, &head, sizeof(head));
    out = packing_put(out + sizeof(head), identity->user);
    out = packing_put(out, identity->host);
    out = packing_put(out, identity->address);
    out = packing_put(out, identity->realname);
    return packing_put(out, identity->account);
}

void command_pack(const struct command *command, void *out)
{
    check(command->name.count <= COMMAND_NAME_BYTES_MAX);
    check(command->text.count <= MESSAGE_BYTES_MAX);
    check(command->extra.count <= IRC_TAGS_BYTES_MAX);
    struct head head = {
        .session = command->session,
        .cursor = command->cursor,
        .number = command->number,
        .origin = command->origin,
        .flags = command->flags,
        .name_bytes = (uint16_t)command->name.count,
        .text_bytes = (uint16_t)command->text.count,
        .extra_bytes = (uint16_t)command->extra.count,
        .kind = (uint8_t)command->kind,
        .reason = (uint8_t)command->reason,
    };
    memcpy(out, &head, sizeof(head));
    char *next = (char *)out + sizeof(head);
    if (command->kind == COMMAND_OPEN) {
        next = identity_pack(&command->identity, next);
    }
    next = packing_put(next, command->name);
    next = packing_put(next, command->text);
    packing_put(next, command->extra);
}

static void identity_unpack(const char **next, struct identity *out)
{
    struct identity_head head;
    memcpy(&head, *next, sizeof(head));
    *next += sizeof(head);
    out->user = packing_take(next, head.user_bytes);
    out->host = packing_take(next, head.host_bytes);
    out->address = packing_take(next, head.address_bytes);
    out->realname = packing_take(next, head.realname_bytes);
    out->account = packing_take(next, head.account_bytes);
}

void command_unpack(const void *data, struct command *out)
{
    struct head head;
    memcpy(&head, data, sizeof(head));
    check(head.name_bytes <= COMMAND_NAME_BYTES_MAX && head.text_bytes <= MESSAGE_BYTES_MAX &&
          head.extra_bytes <= IRC_TAGS_BYTES_MAX);
    const char *next = (const char *)data + sizeof(head);
    *out = (struct command){
        .kind = (enum command_kind)head.kind,
        .reason = (enum leave_reason)head.reason,
        .flags = head.flags,
        .session = head.session,
        .cursor = head.cursor,
        .number = head.number,
        .origin = head.origin,
    };
    if (out->kind == COMMAND_OPEN) {
        identity_unpack(&next, &out->identity);
    }
    out->name = packing_take(&next, head.name_bytes);
    out->text = packing_take(&next, head.text_bytes);
    out->extra = packing_take(&next, head.extra_bytes);
}
