/* Nothing of a batch is shown before its end, so a server that never ends one must not make it
 * grow: both their number and their size are bounded. */
#include "client/irc_batch.h"

#include "client/irc_words.h"
#include "model/limits.h"

#define REFERENCE_BYTES_MAX 64

void irc_batch_close(struct irc_batch *batch)
{
    bytes_finish(&batch->reference);
    bytes_finish(&batch->target);
    bytes_finish(&batch->nick);
    bytes_finish(&batch->text);
    *batch = (struct irc_batch){0};
}

void irc_batches_finish(struct irc_batches *batches)
{
    for (size_t i = 0; i < CLIENT_BATCH_COUNT_MAX; i++) {
        irc_batch_close(&batches->open[i]);
    }
}

struct irc_batch *irc_batches_find(struct irc_batches *batches, struct text reference)
{
    for (size_t i = 0; i < CLIENT_BATCH_COUNT_MAX && reference.count > 0; i++) {
        if (text_equal(bytes_text(&batches->open[i].reference), reference)) {
            return &batches->open[i];
        }
    }
    return NULL;
}

/* A place for the batch called reference: its own, or that of the one begun longest ago. */
static struct irc_batch *take_place(struct irc_batches *batches, struct text reference)
{
    size_t place = batches->oldest;
    for (size_t i = 0; i < CLIENT_BATCH_COUNT_MAX; i++) {
        bool is_same = text_equal(bytes_text(&batches->open[i].reference), reference);
        place = is_same ? i : place;
    }
    if (place == batches->oldest) {
        batches->oldest = (place + 1) % CLIENT_BATCH_COUNT_MAX;
    }
    irc_batch_close(&batches->open[place]);
    return &batches->open[place];
}

enum error irc_batches_begin(struct irc_batches *batches, const struct irc_message *message)
{
    struct text reference = irc_param(message, 0);
    struct text target = irc_param(message, 2);
    if (reference.count < 2 || reference.count > 1 + REFERENCE_BYTES_MAX ||
        reference.data[0] != '+' || target.count == 0 ||
        !text_equal(irc_param(message, 1), TEXT("draft/multiline"))) {
        return ERR_OK;
    }
    reference = text_skip(reference, 1);
    struct irc_batch *batch = take_place(batches, reference);
    enum error error = bytes_append_text(&batch->reference, reference);
    if (error == ERR_OK) {
        error = bytes_append_text(&batch->target, target);
    }
    return error == ERR_OK ? bytes_append_text(&batch->nick, irc_nick_of(message)) : error;
}

enum error irc_batch_add(struct irc_batch *batch, const struct irc_message *message)
{
    struct text concat;
    bool goes_on = irc_tag_find(message->tags, TEXT("draft/multiline-concat"), &concat);
    struct text text = irc_param(message, 1);
    size_t between = batch->is_begun && !goes_on ? 1 : 0;
    if (batch->is_cut || batch->text.count + between + text.count > CLIENT_LINE_BYTES_MAX) {
        batch->is_cut = true;
        return ERR_OK;
    }
    enum error error = bytes_append(&batch->text, "\n", between);
    if (error == ERR_OK) {
        error = bytes_append_text(&batch->text, text);
    }
    batch->is_begun = true;
    batch->is_notice = text_equal(message->command, TEXT("NOTICE"));
    return error;
}
