/*
 * METADATA (IRCv3 metadata): what people and channels say of themselves is the core's; what a
 * client wants to hear of it, and what it sets before it has a name, is kept here.
 */
#include "door/irc_state.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>

/* -- Pairs ------------------------------------------------------------------------------------- */

struct text irc_pair_key(const struct irc_pair *pair)
{
    return (struct text){.data = pair->data, .count = pair->key_bytes};
}

struct text irc_pair_value(const struct irc_pair *pair)
{
    return (struct text){.data = pair->data + pair->key_bytes, .count = pair->value_bytes};
}

static void pair_remove(struct irc_pair **place)
{
    struct irc_pair *pair = *place;
    *place = pair->next;
    mem_free(pair);
}

void irc_pairs_free(struct irc_pair **pairs)
{
    while (*pairs != NULL) {
        pair_remove(pairs);
    }
}

/* Where the pair of that key stands, or the end of the list. */
static struct irc_pair **pair_place(struct irc_pair **pairs, struct text key)
{
    while (*pairs != NULL && !text_equal(irc_pair_key(*pairs), key)) {
        pairs = &(*pairs)->next;
    }
    return pairs;
}

bool irc_pair_add(struct irc_pair **pairs, struct text key, struct text value)
{
    check(key.count <= METADATA_KEY_BYTES_MAX && value.count <= METADATA_VALUE_BYTES_MAX);
    struct irc_pair *pair = mem_zalloc(1, sizeof(*pair) + key.count + value.count);
    if (pair == NULL) {
        return false;
    }
    pair->key_bytes = (uint16_t)key.count;
    pair->value_bytes = (uint16_t)value.count;
    memcpy(pair->data, key.data, key.count);
    if (value.count > 0) {
        memcpy(pair->data + key.count, value.data, value.count);
    }
    while (*pairs != NULL) {
        pairs = &(*pairs)->next;
    }
    *pairs = pair;
    return true;
}

bool irc_metadata_key_is_valid(struct text key)
{
    for (size_t i = 0; i < key.count; i++) {
        char c = key.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
              c == '/' || c == '-')) {
            return false;
        }
    }
    return key.count > 0 && key.count <= METADATA_KEY_BYTES_MAX;
}

bool irc_subscribes(const struct irc *irc, struct text key)
{
    for (const struct irc_pair *pair = irc->subscriptions; pair != NULL; pair = pair->next) {
        if (text_equal(irc_pair_key(pair), key)) {
            return true;
        }
    }
    return false;
}

/* -- What is answered here --------------------------------------------------------------------- */

static void fail(struct irc *irc, struct text code, struct text context, struct text sentence)
{
    IRC_SAY(irc, REPLY_FAIL, TEXT("METADATA"), code, context, sentence);
}

static void fail_key(struct irc *irc, struct text key)
{
    fail(irc, TEXT("INVALID_KEY"), key, TEXT("That is no key"));
}

/* Keys that one reply names; a line has no more room anyway. */
struct keys {
    struct reply reply;
    size_t bytes;
};

static void keys_flush(struct irc *irc, struct keys *keys)
{
    if (keys->reply.param_count > 0) {
        irc_say_reply(irc, &keys->reply);
    }
    keys->reply.param_count = 0;
    keys->bytes = 0;
}

static void keys_add(struct irc *irc, struct keys *keys, struct text key)
{
    /* ":server 770 nick" before them. */
    size_t room = IRC_LINE_BYTES_MAX - SERVER_NAME_BYTES_MAX - NAME_BYTES_MAX - 10;
    if (keys->reply.param_count == REPLY_PARAMS_MAX ||
        (keys->reply.param_count > 0 && keys->bytes + 1 + key.count > room)) {
        keys_flush(irc, keys);
    }
    keys->reply.params[keys->reply.param_count++] = key;
    keys->bytes += 1 + key.count;
}

/* False: there is no room for it, and the client was told. */
static bool subscribe(struct irc *irc, struct text key)
{
    if (irc_subscribes(irc, key)) {
        return true;
    }
    if (irc->subscription_count == METADATA_SUBS_MAX ||
        !irc_pair_add(&irc->subscriptions, key, TEXT_NONE)) {
        fail(irc, TEXT("TOO_MANY_SUBS"), key, TEXT("You have subscribed to too many keys"));
        return false;
    }
    irc->subscription_count++;
    return true;
}

static void unsubscribe(struct irc *irc, struct text key)
{
    struct irc_pair **place = pair_place(&irc->subscriptions, key);
    if (*place != NULL) {
        pair_remove(place);
        irc->subscription_count--;
    }
}

static void run_sub(const struct irc_call *call, bool is_sub)
{
    struct irc *irc = call->irc;
    struct keys keys = {.reply.numeric = is_sub ? RPL_METADATASUBOK : RPL_METADATAUNSUBOK};
    for (uint32_t i = 2; i < call->message.param_count; i++) {
        struct text key = call->message.params[i];
        if (!irc_metadata_key_is_valid(key)) {
            fail_key(irc, key);
            continue;
        }
        if (is_sub && !subscribe(irc, key)) {
            break;
        }
        if (!is_sub) {
            unsubscribe(irc, key);
        }
        keys_add(irc, &keys, key);
    }
    keys_flush(irc, &keys);
}

static void run_subs(struct irc *irc)
{
    struct keys keys = {.reply.numeric = RPL_METADATASUBS};
    irc_say_batch_begin(irc, TEXT("metadata-subs"), TEXT_NONE, true);
    for (const struct irc_pair *pair = irc->subscriptions; pair != NULL; pair = pair->next) {
        keys_add(irc, &keys, irc_pair_key(pair));
    }
    keys_flush(irc, &keys);
    irc_say_batch_end(irc);
}

/* -- Before there is a session ----------------------------------------------------------------- */

static void say_value(struct irc *irc, const struct irc_pair *pair)
{
    IRC_SAY(irc, RPL_KEYVALUE, TEXT("*"), irc_pair_key(pair), TEXT("*"), irc_pair_value(pair));
}

static void early_get(const struct irc_call *call)
{
    struct irc *irc = call->irc;
    irc_say_batch_begin(irc, TEXT("metadata"), TEXT("*"), true);
    for (uint32_t i = 2; i < call->message.param_count; i++) {
        struct text key = call->message.params[i];
        const struct irc_pair *pair = *pair_place(&irc->early->metadata, key);
        if (pair != NULL) {
            say_value(irc, pair);
        } else if (irc_metadata_key_is_valid(key)) {
            IRC_SAY(irc, RPL_KEYNOTSET, TEXT("*"), key);
        } else {
            fail_key(irc, key);
        }
    }
    irc_say_batch_end(irc);
}

static void early_list(struct irc *irc)
{
    irc_say_batch_begin(irc, TEXT("metadata"), TEXT("*"), true);
    for (const struct irc_pair *pair = irc->early->metadata; pair != NULL; pair = pair->next) {
        say_value(irc, pair);
    }
    irc_say_batch_end(irc);
}

static void early_remove(struct irc *irc, struct irc_pair **place)
{
    const struct irc_pair *pair = *place;
    irc->early->metadata_bytes -= (uint32_t)pair->key_bytes + pair->value_bytes;
    pair_remove(place);
}

static void early_unset(struct irc *irc, struct text key)
{
    struct irc_pair **place = pair_place(&irc->early->metadata, key);
    if (*place == NULL) {
        IRC_SAY(irc, REPLY_FAIL, TEXT("METADATA"), TEXT("KEY_NOT_SET"), TEXT("*"), key,
                TEXT("The key is not set"));
        return;
    }
    early_remove(irc, place);
    IRC_SAY(irc, RPL_KEYNOTSET, TEXT("*"), key);
}

static void early_set(const struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct irc_early *early = irc->early;
    struct text key = irc_param(call, 2);
    struct text value = irc_param(call, 3);
    if (!irc_metadata_key_is_valid(key)) {
        fail_key(irc, key);
        return;
    }
    if (call->message.param_count < 4) {
        early_unset(irc, key);
        return;
    }
    if (value.count > METADATA_VALUE_BYTES_MAX) {
        fail(irc, TEXT("INVALID_VALUE"), key, TEXT("The value is too long"));
        return;
    }
    struct irc_pair **place = pair_place(&early->metadata, key);
    if (*place != NULL) {
        early_remove(irc, place);
    }
    if (early->metadata_bytes + key.count + value.count > IRC_EARLY_METADATA_BYTES_MAX ||
        !irc_pair_add(&early->metadata, key, value)) {
        fail(irc, TEXT("LIMIT_REACHED"), TEXT("*"), TEXT("No more keys can be set"));
        return;
    }
    early->metadata_bytes += (uint32_t)(key.count + value.count);
    IRC_SAY(irc, RPL_KEYVALUE, TEXT("*"), key, TEXT("*"), value);
}

static void early_clear(struct irc *irc)
{
    irc_say_batch_begin(irc, TEXT("metadata"), TEXT("*"), true);
    while (irc->early->metadata != NULL) {
        IRC_SAY(irc, RPL_KEYNOTSET, TEXT("*"), irc_pair_key(irc->early->metadata));
        early_remove(irc, &irc->early->metadata);
    }
    irc_say_batch_end(irc);
}

/* -- What the core answers --------------------------------------------------------------------- */

static bool ask(struct irc_call *call, struct command *command, enum irc_answer_kind kind)
{
    struct irc *irc = call->irc;
    struct text target = command->name;
    if (text_equal(target, TEXT("*"))) {
        target = irc_own_nick(irc);
    }
    return irc->step > 0 || irc_ask_as(irc, command, kind, target);
}

static bool core_get(struct irc_call *call)
{
    struct bytes keys = {0};
    bool is_done = false;
    if (irc_params_join(call, 2, &keys) != ERR_OK) {
        irc_give_up(call->irc);
    } else {
        struct command command = {
            .kind = COMMAND_METADATA_GET, .name = irc_param(call, 0), .text = bytes_text(&keys)};
        is_done = ask(call, &command, IRC_ANSWER_METADATA);
    }
    bytes_finish(&keys);
    return is_done;
}

static bool core_set(struct irc_call *call)
{
    bool is_unset = call->message.param_count < 4;
    return irc_give(call->irc, &(struct command){
                                   .kind = COMMAND_METADATA,
                                   .flags = is_unset ? (uint32_t)METADATA_UNSET : 0,
                                   .name = irc_param(call, 0),
                                   .extra = irc_param(call, 2),
                                   .text = irc_param(call, 3),
                               });
}

/* -- The command ---------------------------------------------------------------------------------
 */

enum subcommand {
    SUB_NONE,
    SUB_GET,
    SUB_LIST,
    SUB_SET,
    SUB_CLEAR,
    SUB_SUB,
    SUB_UNSUB,
    SUB_SUBS,
    SUB_SYNC
};

static enum subcommand subcommand_find(struct text word)
{
    static const struct {
        const char *word;
        enum subcommand subcommand;
    } words[] = {
        {"GET", SUB_GET}, {"LIST", SUB_LIST},   {"SET", SUB_SET},   {"CLEAR", SUB_CLEAR},
        {"SUB", SUB_SUB}, {"UNSUB", SUB_UNSUB}, {"SUBS", SUB_SUBS}, {"SYNC", SUB_SYNC},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (irc_word_equal(word, text_of(words[i].word))) {
            return words[i].subcommand;
        }
    }
    return SUB_NONE;
}

static bool needs_key(enum subcommand subcommand)
{
    return subcommand == SUB_GET || subcommand == SUB_SET || subcommand == SUB_SUB ||
           subcommand == SUB_UNSUB;
}

/* Whether the door answers it by itself. */
static bool run_here(struct irc_call *call, enum subcommand subcommand)
{
    struct irc *irc = call->irc;
    switch (subcommand) {
    case SUB_SUB:
    case SUB_UNSUB:
        run_sub(call, subcommand == SUB_SUB);
        return true;
    case SUB_SUBS:
        run_subs(irc);
        return true;
    case SUB_NONE:
    case SUB_GET:
    case SUB_LIST:
    case SUB_SET:
    case SUB_CLEAR:
    case SUB_SYNC:
        return false;
    }
    return false;
}

static void run_early(struct irc_call *call, enum subcommand subcommand)
{
    struct irc *irc = call->irc;
    if (!text_equal(irc_param(call, 0), TEXT("*"))) {
        fail(irc, TEXT("INVALID_TARGET"), irc_param(call, 0),
             TEXT("Before you have a name there is only yourself, *"));
        return;
    }
    switch (subcommand) {
    case SUB_GET:
        early_get(call);
        break;
    case SUB_SET:
        early_set(call);
        break;
    case SUB_CLEAR:
        early_clear(irc);
        break;
    case SUB_LIST:
    case SUB_SYNC:
        early_list(irc);
        break;
    case SUB_NONE:
    case SUB_SUB:
    case SUB_UNSUB:
    case SUB_SUBS:
        break;
    }
}

static bool run_core(struct irc_call *call, enum subcommand subcommand)
{
    struct command command = {.name = irc_param(call, 0)};
    switch (subcommand) {
    case SUB_GET:
        return core_get(call);
    case SUB_SET:
        return core_set(call);
    case SUB_CLEAR:
        command.kind = COMMAND_METADATA;
        command.flags = (uint32_t)METADATA_CLEAR;
        return ask(call, &command, IRC_ANSWER_METADATA);
    case SUB_LIST:
        command.kind = COMMAND_METADATA_LIST;
        return ask(call, &command, IRC_ANSWER_METADATA);
    case SUB_SYNC:
        command.kind = COMMAND_METADATA_SYNC;
        return ask(call, &command, IRC_ANSWER_SYNC);
    case SUB_NONE:
    case SUB_SUB:
    case SUB_UNSUB:
    case SUB_SUBS:
        break;
    }
    return true;
}

/* True when something stands against it, of which the client was told. */
static bool refuse(struct irc_call *call, enum subcommand subcommand)
{
    struct irc *irc = call->irc;
    if (subcommand == SUB_NONE) {
        fail(irc, TEXT("SUBCOMMAND_INVALID"), irc_param(call, 1),
             TEXT("There is no such subcommand"));
    } else if (needs_key(subcommand) && call->message.param_count < 3) {
        IRC_SAY(irc, ERR_NEEDMOREPARAMS, TEXT("METADATA"));
    } else if (irc_param(call, 0).count > COMMAND_NAME_BYTES_MAX) {
        fail(irc, TEXT("INVALID_TARGET"), irc_param(call, 0), TEXT("Nobody is called that"));
    } else {
        return false;
    }
    return true;
}

bool irc_run_metadata(struct irc_call *call)
{
    struct irc *irc = call->irc;
    enum subcommand subcommand = subcommand_find(irc_param(call, 1));
    bool is_wrong = subcommand == SUB_NONE || irc_param(call, 0).count > COMMAND_NAME_BYTES_MAX ||
                    (needs_key(subcommand) && call->message.param_count < 3);
    bool is_core = irc->early == NULL && !is_wrong && subcommand != SUB_SUB &&
                   subcommand != SUB_UNSUB && subcommand != SUB_SUBS;
    if (is_core) {
        return run_core(call, subcommand);
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    if (!refuse(call, subcommand) && !run_here(call, subcommand)) {
        run_early(call, subcommand);
    }
    return true;
}
