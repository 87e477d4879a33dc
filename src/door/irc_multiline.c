/*
 * A message of several lines (IRCv3 multiline): BATCH begins it, PRIVMSG or NOTICE with the batch's
 * tag are its lines, BATCH ends it, and then it is one message. What breaks the rules is answered
 * once, with FAIL; what still comes of that batch is dropped.
 */
#include "door/irc_state.h"

#include "base/check.h"
#include "base/mem.h"

#include <string.h>

#define NUMBER_TEXT(number) #number
#define NUMBER(number) TEXT(NUMBER_TEXT(number))

static struct text batch_reference(const struct irc_batch *batch)
{
    return (struct text){.data = batch->reference, .count = batch->reference_bytes};
}

static struct text batch_target(const struct irc_batch *batch)
{
    return (struct text){.data = batch->target, .count = batch->target_bytes};
}

void irc_batch_free(struct irc *irc)
{
    if (irc->batch != NULL) {
        bytes_finish(&irc->batch->text);
        bytes_finish(&irc->batch->tags);
        mem_free(irc->batch);
        irc->batch = NULL;
    }
}

bool irc_has_batch(const struct irc *irc)
{
    return irc->batch != NULL && !irc->batch->failed;
}

/* A line that has come and waits was in time. */
static bool batch_may_expire(const struct irc *irc)
{
    return irc_has_batch(irc) && !irc->begun && irc->stage != IRC_STAGE_ENDED;
}

int64_t irc_batch_since(struct irc *irc, int64_t now_ms)
{
    if (!batch_may_expire(irc)) {
        return INT64_MAX;
    }
    if (!irc->batch->is_dated) {
        irc->batch->is_dated = true;
        irc->batch->since_ms = now_ms;
    }
    return irc->batch->since_ms;
}

/* From here on the line's answer is that to the batch. */
static void batch_label_begin(struct irc *irc)
{
    struct irc_batch *batch = irc->batch;
    if (irc->label == NULL && batch->label_bytes > 0) {
        irc_label_begin(irc, (struct text){.data = batch->label, .count = batch->label_bytes});
        batch->label_bytes = 0;
    }
}

static void batch_close(struct irc_batch *batch)
{
    batch->failed = true;
    bytes_finish(&batch->text);
    bytes_finish(&batch->tags);
}

struct failure {
    struct text code;
    struct text context[2]; /* "" for none. */
    struct text sentence;
};

static void say_failure(struct irc *irc, const struct failure *failure)
{
    struct reply reply = {
        .numeric = REPLY_FAIL, .param_count = 2, .params = {TEXT("BATCH"), failure->code}};
    for (size_t i = 0; i < 2; i++) {
        if (failure->context[i].count > 0) {
            reply.params[reply.param_count++] = failure->context[i];
        }
    }
    reply.params[reply.param_count++] = failure->sentence;
    irc_say_reply(irc, &reply);
}

/* The batch cannot become a message: the client is told, which may be now. */
static void batch_fail_now(struct irc *irc, const struct failure *failure)
{
    batch_label_begin(irc);
    say_failure(irc, failure);
    batch_close(irc->batch);
}

/* False: not now. */
static bool batch_fail(struct irc *irc, const struct failure *failure)
{
    if (!irc_is_idle(irc)) {
        return false;
    }
    batch_fail_now(irc, failure);
    return true;
}

static bool batch_fail_invalid(struct irc *irc, struct text sentence)
{
    return batch_fail(irc,
                      &(struct failure){.code = TEXT("MULTILINE_INVALID"), .sentence = sentence});
}

void irc_batch_spoil(struct irc *irc)
{
    if (irc_has_batch(irc)) {
        batch_fail_now(irc, &(struct failure){
                                .code = TEXT("MULTILINE_INVALID"),
                                .sentence = TEXT("A line of the message could not be taken"),
                            });
    }
}

void irc_batch_expire(struct irc *irc, const struct door_sink *sink)
{
    if (!batch_may_expire(irc)) {
        return;
    }
    const struct door_sink *before = irc->sink;
    irc->sink = sink;
    batch_fail_now(irc, &(struct failure){
                            .code = TEXT("TIMEOUT"),
                            .context = {batch_reference(irc->batch)},
                            .sentence = TEXT("The batch was left open for too long"),
                        });
    irc_label_end(irc);
    irc->sink = before;
}

/* IRCv3 batch: letters, digits and hyphens. */
static bool reference_is_valid(struct text reference)
{
    for (size_t i = 0; i < reference.count; i++) {
        char c = reference.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-')) {
            return false;
        }
    }
    return reference.count > 0 && reference.count <= IRC_REFERENCE_BYTES_MAX;
}

/* The beginning of a batch; its reference is known to be one. */
static void batch_begin(struct irc_call *call, struct text reference)
{
    struct irc *irc = call->irc;
    struct text target = irc_param(call, 2);
    struct text label;
    struct irc_batch *batch = mem_zalloc(1, sizeof(*batch));
    if (batch == NULL) {
        irc_give_up(irc);
        return;
    }
    irc->batch = batch;
    if (irc_client_tags_append(call->message.tags, &batch->tags) != ERR_OK) {
        irc_give_up(irc);
        return;
    }
    memcpy(batch->reference, reference.data, reference.count);
    batch->reference_bytes = (uint8_t)reference.count;
    memcpy(batch->target, target.data, target.count);
    batch->target_bytes = (uint8_t)target.count;
    if (irc_label_find(irc, call->message.tags, &label)) {
        memcpy(batch->label, label.data, label.count);
        batch->label_bytes = (uint16_t)label.count;
    }
}

/* What stands against beginning one; false when nothing does. */
static bool begin_objection(const struct irc_call *call, struct failure *out)
{
    struct text first = irc_param(call, 0);
    struct text reference = {.data = first.data + 1, .count = first.count - 1};
    struct text type = irc_param(call, 1);
    struct text target = irc_param(call, 2);
    if (first.data[0] != '+' || !reference_is_valid(reference)) {
        *out = (struct failure){.code = TEXT("INVALID_REFTAG"),
                                .context = {first},
                                .sentence = TEXT("There is no such batch, and can be none")};
    } else if (!text_equal(type, TEXT("draft/multiline")) ||
               !irc_has(call->irc, IRC_CAP_MULTILINE)) {
        *out = (struct failure){.code = TEXT("UNKNOWN_TYPE"),
                                .context = {reference, type},
                                .sentence = TEXT("There are no batches of that type")};
    } else if (target.count == 0 || target.count > COMMAND_NAME_BYTES_MAX ||
               memchr(target.data, ',', target.count) != NULL) {
        *out = (struct failure){.code = TEXT("MULTILINE_INVALID"),
                                .sentence = TEXT("A message of several lines has one recipient")};
    } else {
        return false;
    }
    return true;
}

/* Only where no batch is open: irc_batch_take() takes the others. */
bool irc_run_batch(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text first = irc_param(call, 0);
    struct failure failure;
    check(irc->batch == NULL);
    if (first.count > 0 && !begin_objection(call, &failure)) {
        batch_begin(call, (struct text){.data = first.data + 1, .count = first.count - 1});
        return true;
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    struct text label;
    if (irc->label == NULL && irc_label_find(irc, call->message.tags, &label)) {
        irc_label_begin(irc, label);
    }
    if (first.count == 0) {
        IRC_SAY(irc, ERR_NEEDMOREPARAMS, TEXT("BATCH"));
    } else {
        say_failure(irc, &failure);
    }
    return true;
}

static bool line_append(struct irc_batch *batch, struct text text, bool concat)
{
    /* memcpy() may not be given NULL, which an empty text may hold. */
    struct text joint = concat ? (struct text){.data = "\0", .count = 1} : TEXT("\n");
    if (batch->line_count > 0 && bytes_append_text(&batch->text, joint) != ERR_OK) {
        return false;
    }
    return text.count == 0 || bytes_append_text(&batch->text, text) == ERR_OK;
}

static bool batch_too_large(struct irc *irc, bool by_lines)
{
    return batch_fail(
        irc, &(struct failure){
                 .code = by_lines ? TEXT("MULTILINE_MAX_LINES") : TEXT("MULTILINE_MAX_BYTES"),
                 .context = {by_lines ? NUMBER(MULTILINE_LINES_MAX) : NUMBER(MULTILINE_BYTES_MAX)},
                 .sentence = by_lines ? TEXT("The message has too many lines")
                                      : TEXT("The message is too long")});
}

/* One of its lines. False: to be fed again. */
static bool batch_line(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct irc_batch *batch = irc->batch;
    struct text target = irc_param(call, 0);
    struct text text = irc_param(call, 1);
    struct text value;
    bool concat = irc_tag_find(call->message.tags, TEXT("draft/multiline-concat"), &value);
    uint32_t flags = irc->command->name[0] == 'N' ? (uint32_t)MESSAGE_NOTICE : 0;
    if (call->message.param_count < 2) {
        return batch_fail_invalid(irc, TEXT("A line of the message has no text"));
    }
    if (!irc_word_equal(target, batch_target(batch))) {
        return batch_fail(
            irc, &(struct failure){.code = TEXT("MULTILINE_INVALID_TARGET"),
                                   .context = {batch_target(batch), target},
                                   .sentence = TEXT("All lines go to the batch's recipient")});
    }
    if (batch->line_count > 0 && flags != batch->flags) {
        return batch_fail_invalid(irc, TEXT("The lines are either PRIVMSG or NOTICE"));
    }
    if (concat && text.count == 0) {
        return batch_fail_invalid(irc, TEXT("A line that continues another is not empty"));
    }
    if (batch->line_count == MULTILINE_LINES_MAX) {
        return batch_too_large(irc, true);
    }
    size_t joint_bytes = batch->line_count > 0 && !concat ? 1 : 0;
    if (batch->text_bytes + joint_bytes + text.count > MULTILINE_BYTES_MAX) {
        return batch_too_large(irc, false);
    }
    if (!line_append(batch, text, concat)) {
        irc_give_up(irc);
        return true;
    }
    batch->text_bytes += (uint32_t)(joint_bytes + text.count);
    batch->line_count++;
    batch->flags = flags;
    batch->has_words = batch->has_words || text.count > 0;
    return true;
}

/* Where pieces of one line meet need not be known: it is given up where the marks would make the
 * message too long. */
static void joints_forget(struct bytes *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->count; i++) {
        if (text->data[i] != '\0') {
            text->data[count++] = text->data[i];
        }
    }
    text->count = count;
}

/* The end of the batch: its message is given. */
static bool batch_finish(struct irc *irc)
{
    struct irc_batch *batch = irc->batch;
    if (!batch->has_words) {
        return batch_fail_invalid(irc, TEXT("The message is empty"));
    }
    if (batch->label_bytes > 0) {
        if (irc->pending > 0 || !irc_is_idle(irc)) {
            irc->waiting = true;
            return false;
        }
        batch_label_begin(irc);
    }
    if (batch->text.count > MESSAGE_BYTES_MAX) {
        joints_forget(&batch->text);
    }
    const struct command message = {
        .kind = COMMAND_MESSAGE,
        .flags = batch->flags | (batch->line_count > 1 ? (uint32_t)MESSAGE_MULTILINE : 0),
        .name = batch_target(batch),
        .text = bytes_text(&batch->text),
        .extra = bytes_text(&batch->tags),
    };
    if (irc->stage != IRC_STAGE_ENDED && !irc_give(irc, &message)) {
        return false;
    }
    irc_batch_free(irc);
    return true;
}

/* BATCH with the reference of the open batch, or of the one that has failed. */
static bool is_end_of(const struct irc_call *call, const struct irc_batch *batch)
{
    const struct irc *irc = call->irc;
    struct text first = irc_param(call, 0);
    return irc->command != NULL && irc->command->run == irc_run_batch && first.count > 0 &&
           first.data[0] == '-' &&
           text_equal((struct text){.data = first.data + 1, .count = first.count - 1},
                      batch_reference(batch));
}

static bool is_run_by(const struct irc_call *call, irc_run *run)
{
    return call->irc->command != NULL && call->irc->command->run == run;
}

/* A line while the batch is open. */
static bool open_batch_take(struct irc_call *call, bool has_tag, struct text tag)
{
    struct irc *irc = call->irc;
    if (!has_tag && is_end_of(call, irc->batch)) {
        return batch_finish(irc);
    }
    if (!has_tag || !text_equal(tag, batch_reference(irc->batch))) {
        return batch_fail_invalid(irc, TEXT("While a batch is open all lines are part of it"));
    }
    if (!is_run_by(call, irc_run_privmsg) || irc->command->name[0] == 'T') {
        return batch_fail_invalid(irc, TEXT("The lines are either PRIVMSG or NOTICE"));
    }
    return batch_line(call);
}

bool irc_batch_take(struct irc_call *call, bool *out_is_taken)
{
    struct irc *irc = call->irc;
    struct text tag = TEXT_NONE;
    bool has_tag = irc_tag_find(call->message.tags, TEXT("batch"), &tag) && tag.count > 0;
    *out_is_taken = true;
    if (irc->batch != NULL && irc->batch->failed) {
        bool is_end = !has_tag && is_end_of(call, irc->batch);
        if (!is_end && has_tag && text_equal(tag, batch_reference(irc->batch))) {
            return true;
        }
        irc_batch_free(irc);
        if (is_end) {
            return true;
        }
    }
    if (irc->batch != NULL) {
        /* What keeps the connection alive, or ends it, may come in between. */
        bool is_beside =
            !has_tag && (is_run_by(call, irc_run_pong) || is_run_by(call, irc_run_ping) ||
                         is_run_by(call, irc_run_quit));
        *out_is_taken = !is_beside;
        return is_beside || open_batch_take(call, has_tag, tag);
    }
    if (!has_tag || !irc_has(irc, IRC_CAP_MULTILINE) || irc->early != NULL) {
        *out_is_taken = false;
        return true;
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    say_failure(irc, &(struct failure){.code = TEXT("MULTILINE_INVALID"),
                                       .sentence = TEXT("There is no such batch")});
    return true;
}
