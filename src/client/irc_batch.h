/* Messages of several lines on their way in (IRCv3 multiline), until they are whole. */
#ifndef MADANG_CLIENT_IRC_BATCH_H
#define MADANG_CLIENT_IRC_BATCH_H

#include "door/irc_message.h"

/* One of them. */
struct irc_batch {
    struct bytes reference; /* "": this place is free. */
    struct bytes target;
    struct bytes nick;
    struct bytes text; /* At most CLIENT_LINE_BYTES_MAX bytes; what is past that is dropped. */
    bool is_begun;
    bool is_notice;
    bool is_cut;
};

/* The last that were begun. All zero is a valid start. One thread at a time. */
struct irc_batches {
    struct irc_batch open[CLIENT_BATCH_COUNT_MAX];
    size_t oldest; /* Is given up for the next. */
};

void irc_batches_finish(struct irc_batches *batches);
/* BATCH +reference draft/multiline target; other lines change nothing. ERR_MEMORY. */
MUST_USE enum error irc_batches_begin(struct irc_batches *batches,
                                      const struct irc_message *message);
/* The batch called reference, or NULL. */
struct irc_batch *irc_batches_find(struct irc_batches *batches, struct text reference);
/* Takes in a message that belongs to the batch. ERR_MEMORY. */
MUST_USE enum error irc_batch_add(struct irc_batch *batch, const struct irc_message *message);
/* Its place is free again. */
void irc_batch_close(struct irc_batch *batch);

#endif
