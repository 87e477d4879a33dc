/*
 * What IRC readers are sent, with arbitrary bytes for every word of an effect: whole lines in every
 * dialect, none too long, none that anybody else has made, and as many as irc_render_count() says.
 *
 * The input: a head, then the words, each ended by the byte FF.
 */
#include "irc_lines.h"

#include "base/utf8.h"
#include "door/irc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD_BYTES 8
#define WORD_END 0xFF

static struct text take_word(struct text *rest, size_t bytes_max)
{
    size_t count = 0;
    while (count < rest->count && (unsigned char)rest->data[count] != WORD_END) {
        count++;
    }
    size_t taken = count < rest->count ? count + 1 : count;
    struct text word = {.data = rest->data, .count = count < bytes_max ? count : bytes_max};
    *rest = (struct text){.data = rest->data + taken, .count = rest->count - taken};
    return word;
}

static struct effect effect_of(const uint8_t *head, struct text words,
                               const struct effect_channel *channel)
{
    struct effect effect = {
        .kind = (enum effect_kind)(1 + head[0] % (EFFECT_KIND_COUNT - 1)),
        .reason = (enum leave_reason)(head[1] % (LEAVE_KILLED + 2)),
        .rank = head[2],
        .seq = head[3],
        .time_ms = (int64_t)((uint64_t)head[3] << (head[4] % 64)),
        .channels = channel,
        .channel_count = 1,
    };
    effect.flags = ((head[5] & 1) != 0 ? MESSAGE_NOTICE : 0) |
                   ((head[5] & 6) == 6 ? MESSAGE_TAGMSG : 0) |
                   ((head[5] & 8) != 0 ? MESSAGE_MULTILINE : 0);
    effect.who.flags = head[5] >> 4;
    effect.who.nick = take_word(&words, NAME_BYTES_MAX);
    effect.who.user = take_word(&words, USER_BYTES_MAX);
    effect.who.host = take_word(&words, HOST_BYTES_MAX);
    effect.who.account = take_word(&words, NAME_BYTES_MAX);
    effect.who.realname = take_word(&words, REALNAME_BYTES_MAX);
    effect.target.nick = take_word(&words, NAME_BYTES_MAX);
    effect.name = take_word(&words, COMMAND_NAME_BYTES_MAX);
    effect.extra = take_word(&words, IRC_TAGS_BYTES_MAX);
    effect.text = take_word(&words, MESSAGE_BYTES_MAX);
    return effect;
}

/* Messages in lines, where a batch with all that is in it is one. */
static uint32_t count_messages(struct text lines)
{
    struct irc_message message;
    uint32_t count = 0;
    bool in_batch = false;
    while (lines_take(&lines, &message)) {
        bool is_batch = text_equal(message.command, TEXT("BATCH"));
        if (is_batch && message.params[0].data[0] == '-') {
            check(in_batch);
            in_batch = false;
            continue;
        }
        check(!in_batch || !is_batch);
        count += in_batch ? 0 : 1;
        in_batch = in_batch || is_batch;
    }
    check(!in_batch);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_BYTES) {
        return 0;
    }
    static const struct irc_server server = {.name = {"madang.example", 14}};
    const struct effect_channel channel = {.id = 1, .member_count = data[1] % 3u};
    struct text words = {.data = (const char *)data + HEAD_BYTES, .count = size - HEAD_BYTES};
    struct effect effect = effect_of(data, words, &channel);
    const dialect dialects[] = {DIALECT_IRC, DIALECT_IRC | 0x3FFF,
                                DIALECT_IRC | data[6] | (uint32_t)data[7] << 8};
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
        struct bytes out = {0};
        check(irc_render(&server, &effect, dialects[i], &out) == ERR_OK);
        check(count_messages(bytes_text(&out)) == irc_render_count(&effect, dialects[i]));
        bytes_finish(&out);
    }
    return 0;
}
