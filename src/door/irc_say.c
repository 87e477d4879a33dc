/*
 * The one way by which a client is told something in answer to a line: here labels and batches are
 * put on what is told (IRCv3 labeled-response, batch). What happens to come in between, of rooms
 * and of people, goes another way and has nothing to do with them.
 */
#include "door/irc_state.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* "label=" or "batch=" and a value. */
#define TAG_BYTES_MAX (6 + IRC_LABEL_RAW_BYTES_MAX)
/* "b4294967295" */
#define BATCH_NAME_BYTES_MAX 12

struct tag {
    char data[TAG_BYTES_MAX];
    size_t count;
};

static struct text tag_text(const struct tag *tag)
{
    return (struct text){.data = tag->data, .count = tag->count};
}

static struct tag tag_of(struct text key, struct text value)
{
    struct tag tag = {.count = key.count + value.count};
    check(tag.count <= sizeof(tag.data));
    memcpy(tag.data, key.data, key.count);
    memcpy(tag.data + key.count, value.data, value.count);
    return tag;
}

struct batch_name {
    char data[BATCH_NAME_BYTES_MAX + 1];
};

static struct batch_name batch_name(uint32_t number)
{
    struct batch_name name;
    snprintf(name.data, sizeof(name.data), "b%lu", (unsigned long)number);
    return name;
}

static struct tag batch_tag(uint32_t number)
{
    struct batch_name name = batch_name(number);
    return tag_of(TEXT("batch="), text_of(name.data));
}

static struct tag label_tag(const struct irc_label *label)
{
    return tag_of(TEXT("label="), (struct text){.data = label->raw, .count = label->raw_bytes});
}

struct irc_asker irc_asker(const struct irc *irc)
{
    return (struct irc_asker){
        .server = irc->server->name,
        .nick = irc->early == NULL ? irc_own_nick(irc) : TEXT("*"),
    };
}

void irc_give_up(struct irc *irc)
{
    if (irc->stage != IRC_STAGE_ENDED) {
        irc->stage = IRC_STAGE_ENDED;
        irc->sink->close(irc->sink->context, LEAVE_ERROR, TEXT("No memory"));
    }
}

void irc_tell(struct irc *irc, struct text lines)
{
    if (lines.count > 0 && irc->stage != IRC_STAGE_ENDED) {
        irc->sink->reply(irc->sink->context, lines);
    }
}

/* Appends the line with one more tag, before those that it has: they may be a client's, which stand
 * behind the server's. */
static enum error tagged_append(struct bytes *out, struct text line, struct text tag)
{
    enum error error = bytes_reserve(out, line.count + tag.count + 2);
    if (error != ERR_OK) {
        return error;
    }
    char *at = out->data + out->count;
    *at++ = '@';
    memcpy(at, tag.data, tag.count);
    at += tag.count;
    if (line.data[0] == '@') {
        *at++ = ';';
        line = (struct text){.data = line.data + 1, .count = line.count - 1};
    } else {
        *at++ = ' ';
    }
    memcpy(at, line.data, line.count);
    out->count = (size_t)(at - out->data) + line.count;
    return ERR_OK;
}

static void tell_tagged(struct irc *irc, struct text line, struct tag tag)
{
    struct bytes out = {0};
    if (tagged_append(&out, line, tag_text(&tag)) == ERR_OK) {
        irc_tell(irc, bytes_text(&out));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&out);
}

/* "BATCH +name type param"; "" for what is not there. */
static enum error batch_line_append(const struct irc *irc, char sign, uint32_t number,
                                    const struct text params[2], struct bytes *out)
{
    struct batch_name name = batch_name(number);
    char reference[1 + sizeof(name.data)];
    snprintf(reference, sizeof(reference), "%c%s", sign, name.data);
    struct irc_line line;
    irc_line_begin(&line, out);
    irc_line_source(&line, irc->server->name, TEXT_NONE, TEXT_NONE);
    irc_line_command(&line, TEXT("BATCH"));
    irc_line_param(&line, text_of(reference));
    for (size_t i = 0; i < 2; i++) {
        if (params[i].count > 0) {
            irc_line_param(&line, params[i]);
        }
    }
    return irc_line_end(&line);
}

/* More than one line will be the answer: puts a batch around it. */
static void outer_begin(struct irc *irc)
{
    struct irc_label *label = irc->label;
    check(label->stage == IRC_LABEL_NOTHING || label->stage == IRC_LABEL_HELD);
    label->batch = ++irc->batch_count;
    struct bytes line = {0};
    const struct text params[2] = {TEXT("labeled-response"), TEXT_NONE};
    if (batch_line_append(irc, '+', label->batch, params, &line) != ERR_OK) {
        irc_give_up(irc);
        return;
    }
    tell_tagged(irc, bytes_text(&line), label_tag(label));
    bytes_finish(&line);
    if (label->stage == IRC_LABEL_HELD) {
        tell_tagged(irc, bytes_text(&label->held), batch_tag(label->batch));
        bytes_finish(&label->held);
    }
    label->stage = IRC_LABEL_BATCH;
}

void irc_label_release(struct irc *irc)
{
    if (irc->label != NULL && irc->label->stage == IRC_LABEL_HELD &&
        irc->stage != IRC_STAGE_ENDED) {
        outer_begin(irc);
    }
}

static void say_line(struct irc *irc, struct text line)
{
    struct irc_label *label = irc->label;
    if (irc->inner != 0) {
        tell_tagged(irc, line, batch_tag(irc->inner));
        return;
    }
    if (label == NULL || label->stage == IRC_LABEL_SPENT) {
        irc_tell(irc, line);
        return;
    }
    if (label->stage == IRC_LABEL_NOTHING) {
        label->stage = IRC_LABEL_HELD;
        if (bytes_append_text(&label->held, line) != ERR_OK) {
            irc_give_up(irc);
        }
        return;
    }
    if (label->stage == IRC_LABEL_HELD) {
        outer_begin(irc);
    }
    if (irc->stage != IRC_STAGE_ENDED) {
        tell_tagged(irc, line, batch_tag(label->batch));
    }
}

/* Takes the first line, with its end, off *lines; false when there is none left. */
static bool line_take(struct text *lines, struct text *out)
{
    if (lines->count == 0) {
        return false;
    }
    const char *newline = memchr(lines->data, '\n', lines->count);
    check(newline != NULL);
    size_t count = (size_t)(newline - lines->data) + 1;
    *out = (struct text){.data = lines->data, .count = count};
    *lines = (struct text){.data = lines->data + count, .count = lines->count - count};
    return true;
}

void irc_say_lines(struct irc *irc, struct text lines)
{
    struct text line;
    while (irc->stage != IRC_STAGE_ENDED && line_take(&lines, &line)) {
        say_line(irc, line);
    }
}

/* The first line of a batch of its own. */
static void say_batch_first(struct irc *irc, struct text line, bool is_alone)
{
    struct irc_label *label = irc->label;
    if (label == NULL || label->stage == IRC_LABEL_SPENT) {
        irc_tell(irc, line);
        return;
    }
    if (label->stage == IRC_LABEL_NOTHING && is_alone) {
        label->stage = IRC_LABEL_SPENT;
        tell_tagged(irc, line, label_tag(label));
        return;
    }
    if (label->stage != IRC_LABEL_BATCH) {
        outer_begin(irc);
    }
    if (irc->stage != IRC_STAGE_ENDED) {
        tell_tagged(irc, line, batch_tag(label->batch));
    }
}

static void say_batch_last(struct irc *irc, struct text line)
{
    struct irc_label *label = irc->label;
    if (label != NULL && label->stage == IRC_LABEL_BATCH) {
        tell_tagged(irc, line, batch_tag(label->batch));
    } else {
        irc_tell(irc, line);
    }
}

void irc_say_batch(struct irc *irc, struct text lines, bool is_alone)
{
    struct text line;
    bool is_first = true;
    check(irc->inner == 0);
    while (irc->stage != IRC_STAGE_ENDED && line_take(&lines, &line)) {
        if (is_first) {
            say_batch_first(irc, line, is_alone);
        } else if (lines.count == 0) {
            say_batch_last(irc, line);
        } else {
            irc_tell(irc, line);
        }
        is_first = false;
    }
}

void irc_say_batch_begin(struct irc *irc, struct text type, struct text param, bool is_alone)
{
    if (!irc_has(irc, IRC_CAP_BATCH)) {
        return;
    }
    check(irc->inner == 0);
    struct bytes line = {0};
    const struct text params[2] = {type, param};
    uint32_t number = ++irc->batch_count;
    if (batch_line_append(irc, '+', number, params, &line) == ERR_OK) {
        say_batch_first(irc, bytes_text(&line), is_alone);
        irc->inner = number;
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&line);
}

void irc_say_batch_end(struct irc *irc)
{
    if (irc->inner == 0) {
        return;
    }
    struct bytes line = {0};
    const struct text params[2] = {TEXT_NONE, TEXT_NONE};
    if (batch_line_append(irc, '-', irc->inner, params, &line) == ERR_OK) {
        say_batch_last(irc, bytes_text(&line));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&line);
    irc->inner = 0;
}

void irc_say_reply(struct irc *irc, const struct reply *reply)
{
    struct bytes line = {0};
    struct irc_asker asker = irc_asker(irc);
    if (irc_reply_append(&asker, reply, &line) == ERR_OK) {
        irc_say_lines(irc, bytes_text(&line));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&line);
}

void irc_say(struct irc *irc, enum numeric numeric, const struct text *params, uint32_t param_count)
{
    check(param_count <= REPLY_PARAMS_MAX);
    struct reply reply = {.numeric = numeric, .param_count = param_count};
    for (uint32_t i = 0; i < param_count; i++) {
        reply.params[i] = params[i];
    }
    irc_say_reply(irc, &reply);
}

/* Without the escapes. */
static size_t label_bytes(struct text raw)
{
    size_t count = 0;
    for (size_t i = 0; i < raw.count; i++) {
        if (raw.data[i] == '\\') {
            i++;
        }
        count += i < raw.count;
    }
    return count;
}

bool irc_label_find(const struct irc *irc, struct text tags, struct text *out_raw)
{
    if (tags.count == 0 || !irc_has(irc, IRC_CAP_LABELED_RESPONSE) ||
        !irc_has(irc, IRC_CAP_BATCH) || !irc_tag_find(tags, TEXT("label"), out_raw)) {
        return false;
    }
    return out_raw->count <= IRC_LABEL_RAW_BYTES_MAX && label_bytes(*out_raw) > 0 &&
           label_bytes(*out_raw) <= IRC_LABEL_BYTES_MAX;
}

void irc_label_begin(struct irc *irc, struct text raw)
{
    check(irc->label == NULL && raw.count <= IRC_LABEL_RAW_BYTES_MAX);
    struct irc_label *label = mem_zalloc(1, sizeof(*label));
    if (label == NULL) {
        irc_give_up(irc);
        return;
    }
    memcpy(label->raw, raw.data, raw.count);
    label->raw_bytes = (uint16_t)raw.count;
    irc->label = label;
}

static void say_ack(struct irc *irc, const struct irc_label *label)
{
    struct bytes out = {0};
    struct irc_line line;
    irc_line_begin(&line, &out);
    irc_line_source(&line, irc->server->name, TEXT_NONE, TEXT_NONE);
    irc_line_command(&line, TEXT("ACK"));
    if (irc_line_end(&line) == ERR_OK) {
        tell_tagged(irc, bytes_text(&out), label_tag(label));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&out);
}

static void outer_end(struct irc *irc, const struct irc_label *label)
{
    struct bytes line = {0};
    const struct text params[2] = {TEXT_NONE, TEXT_NONE};
    if (batch_line_append(irc, '-', label->batch, params, &line) == ERR_OK) {
        irc_tell(irc, bytes_text(&line));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&line);
}

void irc_label_end(struct irc *irc)
{
    struct irc_label *label = irc->label;
    if (label == NULL) {
        return;
    }
    irc->label = NULL;
    if (irc->stage != IRC_STAGE_ENDED) {
        switch (label->stage) {
        case IRC_LABEL_NOTHING:
            say_ack(irc, label);
            break;
        case IRC_LABEL_HELD:
            tell_tagged(irc, bytes_text(&label->held), label_tag(label));
            break;
        case IRC_LABEL_BATCH:
            outer_end(irc, label);
            break;
        case IRC_LABEL_SPENT:
            break;
        }
    }
    bytes_finish(&label->held);
    mem_free(label);
}

void irc_hang_up(struct irc *irc, enum leave_reason reason, struct text error, struct text words)
{
    struct bytes out = {0};
    struct irc_line line;
    irc_line_begin(&line, &out);
    irc_line_command(&line, TEXT("ERROR"));
    irc_line_last(&line, error, true);
    if (irc_line_end(&line) == ERR_OK) {
        irc_say_lines(irc, bytes_text(&out));
    }
    bytes_finish(&out);
    irc_label_end(irc);
    if (irc->stage != IRC_STAGE_ENDED) {
        irc->stage = IRC_STAGE_ENDED;
        irc->sink->close(irc->sink->context, reason, words);
    }
}
