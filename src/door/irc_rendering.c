/*
 * What the lines of one effect have in common: the tags that say when it was, what it is called and
 * who did it, and the source.
 */
#include "door/irc_render.h"

#include "base/check.h"

#include <string.h>

static char *put(char *at, struct text text)
{
    memcpy(at, text.data, text.count);
    return at + text.count;
}

void irc_msgid_format(uint64_t seq, char out[IRC_MSGID_BYTES])
{
    for (size_t i = 0; i < IRC_MSGID_BYTES; i++) {
        out[i] = "0123456789abcdef"[seq >> (4 * (IRC_MSGID_BYTES - 1 - i)) & 0xF];
    }
}

uint64_t irc_msgid_seq(struct text msgid)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t seq = 0;
    for (size_t i = 0; i < msgid.count; i++) {
        const char *digit = memchr(digits, msgid.data[i], sizeof(digits) - 1);
        if (digit == NULL) {
            return 0;
        }
        seq = seq << 4 | (uint64_t)(digit - digits);
    }
    return msgid.count == IRC_MSGID_BYTES ? seq : 0;
}

void rendering_prepare(struct rendering *rendering)
{
    const struct effect *effect = rendering->effect;
    bool has_tags = rendering_has(rendering, IRC_DIALECT_TAGS);
    char *at = rendering->tags;
    if (rendering_has(rendering, IRC_DIALECT_TIME)) {
        at = put(at, TEXT("time="));
        irc_time_format(effect->time_ms, at);
        at += IRC_TIME_BYTES;
    }
    rendering->time_bytes = (size_t)(at - rendering->tags);
    if (has_tags && (effect->who.flags & PERSON_BOT) != 0) {
        at = put(at, at == rendering->tags ? TEXT("bot") : TEXT(";bot"));
    }
    if (rendering_has(rendering, IRC_DIALECT_OPER) && (effect->who.flags & PERSON_OPERATOR) != 0) {
        at = put(at, at == rendering->tags ? TEXT("draft/oper") : TEXT(";draft/oper"));
    }
    rendering->who_bytes = (size_t)(at - rendering->tags);
    if (has_tags && (effect->kind == EFFECT_MESSAGE || effect->kind == EFFECT_REDACTED)) {
        at = put(at, at == rendering->tags ? TEXT("msgid=") : TEXT(";msgid="));
        irc_msgid_format(effect->seq, at);
        at += IRC_MSGID_BYTES;
    }
    rendering->all_bytes = (size_t)(at - rendering->tags);
    check(rendering->all_bytes <= RENDERING_TAGS_BYTES_MAX);
}

static void put_common_tags(struct rendering *rendering, struct irc_line *line, size_t tags_bytes)
{
    irc_line_begin(line, rendering->out);
    rendering->has_line = true;
    irc_line_tags_raw(line, (struct text){.data = rendering->tags, .count = tags_bytes});
}

void rendering_line(struct rendering *rendering, struct irc_line *line)
{
    const struct person *who = &rendering->effect->who;
    bool is_first = !rendering->has_line;
    put_common_tags(rendering, line, is_first ? rendering->all_bytes : rendering->who_bytes);
    if (who->account.count > 0 && rendering_has(rendering, IRC_DIALECT_ACCOUNT)) {
        irc_line_tag(line, TEXT("account"), who->account);
    }
    if (rendering->effect->kind == EFFECT_MESSAGE && rendering_has(rendering, IRC_DIALECT_TAGS)) {
        irc_line_tags_raw(line, rendering->effect->extra);
    }
    if (who->nick.count > 0) {
        irc_line_source(line, who->nick, who->user, who->host);
    } else {
        irc_line_source(line, rendering->server->name, TEXT_NONE, TEXT_NONE);
    }
}

void rendering_server_line(struct rendering *rendering, struct irc_line *line)
{
    put_common_tags(rendering, line, rendering->time_bytes);
    irc_line_source(line, rendering->server->name, TEXT_NONE, TEXT_NONE);
}
