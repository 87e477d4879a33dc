/* What the server says, line by line: one table from the first word to a function. Parameters that
 * are missing are empty texts, so nothing here has to count them. */
#include "client/irc_wire.h"

#include "base/mem.h"
#include "client/irc_batch.h"
#include "client/irc_out.h"
#include "client/irc_said.h"
#include "client/irc_words.h"
#include "client/names.h"
#include "model/numeric.h"

#include <string.h>

/* The server's token for the room where one starts (005). */
#define LOBBY_TOKEN "MADANG-LOBBY="
/* A longer one is no prefix that we could have. */
#define PREFIX_BYTES_SANE 200
/* So that a number of the server's can be multiplied without care. */
#define COUNT_MAX 1000000

struct irc_wire {
    struct wire wire;
    struct irc_out out;
    struct irc_batches batches;
    struct lines lines;
    struct bytes nick; /* Our own, as the server has it. */
    struct bytes lobby;
    struct bytes request; /* Capabilities that the server has and we want. */
    struct bytes shown;   /* The line of the event at hand. */
    uint32_t asked_by;    /* The PING behind the last question. */
    struct irc_multiline multiline;
    bool heard; /* The other side speaks IRC. */
    bool negotiated;
    bool registered;
    bool ready;
    bool left;
    bool over; /* Refused, or foreign: nothing more is heard. */
    enum line_kind line_kind;
    const struct event_sink *sink; /* During a call. */
};

static struct irc_wire *irc_of(struct wire *wire)
{
    return (struct irc_wire *)wire;
}

static enum error emit(struct irc_wire *irc, const struct event *event)
{
    return irc->sink->event(irc->sink->context, event);
}

static enum error tell(struct irc_wire *irc, enum event_kind kind, struct text room,
                       struct text nick)
{
    return emit(
        irc,
        &(struct event){.kind = kind, .room = room, .nick = nick, .line = bytes_text(&irc->shown)});
}

static bool is_own(const struct irc_wire *irc, struct text nick)
{
    return name_same(nick, bytes_text(&irc->nick));
}

/* Registration (modern IRC, Connection Registration; IRCv3 capability-negotiation). */

static const char *const wanted[] = {
    "message-tags", "batch", "draft/multiline", "multi-prefix", "standard-replies",
};
/* A server that offers the same again and again is not asked for more than this. */
#define REQUEST_BYTES_MAX 200

/* The number behind key in "max-bytes=4096,max-lines=24"; 0 when there is none. */
static size_t number_behind(struct text text, struct text key)
{
    const char *found = text.count > 0 ? memmem(text.data, text.count, key.data, key.count) : NULL;
    if (found == NULL) {
        return 0;
    }
    size_t number = 0;
    for (const char *at = found + key.count; at < text.data + text.count; at++) {
        if (*at < '0' || *at > '9' || number >= COUNT_MAX) {
            break;
        }
        number = number * 10 + (size_t)(*at - '0');
    }
    return number;
}

/* Takes in "name" or "name=value"; of the values only that of multiline matters. */
static enum error take_offer(struct irc_wire *irc, struct text word)
{
    const char *equals = memchr(word.data, '=', word.count);
    struct text name = word;
    if (equals != NULL) {
        size_t lines_max = number_behind(word, TEXT("max-lines="));
        irc->multiline = (struct irc_multiline){
            .bytes_max = number_behind(word, TEXT("max-bytes=")),
            .lines_max = lines_max > 0 ? lines_max : COUNT_MAX,
        };
        name.count = (size_t)(equals - word.data);
    }
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (text_equal(name, text_of(wanted[i])) && irc->request.count < REQUEST_BYTES_MAX) {
            return BYTES_JOIN(&irc->request, irc->request.count > 0 ? TEXT(" ") : TEXT_NONE, name);
        }
    }
    return ERR_OK;
}

static enum error take_cap(struct irc_wire *irc, const struct irc_message *message)
{
    struct text verb = irc_param(message, 1);
    bool goes_on = text_equal(irc_param(message, 2), TEXT("*"));
    struct text words = irc_param(message, goes_on ? 3 : 2);
    bool is_offer = text_equal(verb, TEXT("LS")) && !irc->negotiated;
    bool is_grant = text_equal(verb, TEXT("ACK"));
    enum error error = ERR_OK;
    for (struct text word = word_take(&words); word.count > 0 && error == ERR_OK;
         word = word_take(&words)) {
        if (is_offer) {
            error = take_offer(irc, word);
        } else if (is_grant && text_equal(word, TEXT("draft/multiline"))) {
            irc->out.multiline = irc->multiline;
        }
    }
    if (!is_offer || goes_on || error != ERR_OK) {
        return error;
    }
    irc->negotiated = true;
    if (irc->request.count > 0) {
        error = irc_out_put(&irc->out, "CAP", TEXT("REQ"), bytes_text(&irc->request));
    }
    return error == ERR_OK ? irc_out_put(&irc->out, "CAP", TEXT("END"), TEXT_NONE) : error;
}

static enum error set_nick(struct irc_wire *irc, struct text nick)
{
    bytes_clear(&irc->nick);
    return bytes_append_text(&irc->nick, nick);
}

static enum error take_welcome(struct irc_wire *irc, const struct irc_message *message)
{
    struct text nick = irc_param(message, 0);
    if (irc->registered || nick.count == 0) {
        return ERR_OK;
    }
    irc->registered = true;
    return set_nick(irc, nick);
}

static enum error take_isupport(struct irc_wire *irc, const struct irc_message *message)
{
    const struct text token = TEXT(LOBBY_TOKEN);
    for (uint32_t i = 1; i < message->param_count; i++) {
        struct text param = message->params[i];
        if (irc->lobby.count == 0 && text_starts(param, token) &&
            param.count <= token.count + CHANNEL_BYTES_MAX) {
            return bytes_append_text(&irc->lobby, text_skip(param, token.count));
        }
    }
    return ERR_OK;
}

static enum error take_motd_end(struct irc_wire *irc, const struct irc_message *message)
{
    (void)message;
    if (!irc->registered || irc->ready) {
        return ERR_OK;
    }
    irc->ready = true;
    return tell(irc, EVENT_READY, bytes_text(&irc->lobby), TEXT_NONE);
}

/* Rooms and people. */

static enum error tell_nick(struct irc_wire *irc, enum event_kind kind, struct text nick)
{
    return nick.count == 0 ? ERR_OK : tell(irc, kind, TEXT_NONE, nick);
}

static enum error take_join(struct irc_wire *irc, const struct irc_message *message)
{
    struct text nick = irc_nick_of(message);
    struct text room = irc_param(message, 0);
    if (!is_own(irc, nick)) {
        return tell_nick(irc, EVENT_PRESENT, nick);
    }
    if (room.count == 0) {
        return ERR_OK;
    }
    /* Others get our lines with it, and a colon and a space. */
    if (message->source.count > nick.count && message->source.count <= PREFIX_BYTES_SANE) {
        irc->out.prefix_bytes = message->source.count + 2;
    }
    return tell(irc, EVENT_JOINED, room, nick);
}

static enum error take_part(struct irc_wire *irc, const struct irc_message *message)
{
    bool is_ours = is_own(irc, irc_nick_of(message));
    return is_ours ? tell(irc, EVENT_LEFT, irc_param(message, 0), TEXT_NONE) : ERR_OK;
}

static enum error take_kick(struct irc_wire *irc, const struct irc_message *message)
{
    if (!is_own(irc, irc_param(message, 1))) {
        return ERR_OK;
    }
    enum error error = irc_told_line(message, true, &irc->shown);
    return error == ERR_OK ? tell(irc, EVENT_LEFT, irc_param(message, 0), TEXT_NONE) : error;
}

static enum error take_quit(struct irc_wire *irc, const struct irc_message *message)
{
    return tell_nick(irc, EVENT_ABSENT, irc_nick_of(message));
}

static enum error take_nick(struct irc_wire *irc, const struct irc_message *message)
{
    struct text before = irc_nick_of(message);
    struct text nick = irc_param(message, 0);
    if (nick.count == 0) {
        return ERR_OK;
    }
    enum error error = ERR_OK;
    if (is_own(irc, before)) {
        error = set_nick(irc, nick);
        return error == ERR_OK ? tell_nick(irc, EVENT_RENAMED, nick) : error;
    }
    error = tell_nick(irc, EVENT_ABSENT, before);
    return error == ERR_OK ? tell_nick(irc, EVENT_PRESENT, nick) : error;
}

/* Messages. */

static enum error take_message(struct irc_wire *irc, const struct irc_message *message)
{
    struct irc_said said = {.nick = irc_nick_of(message),
                            .target = irc_param(message, 0),
                            .text = irc_param(message, 1),
                            .is_notice = text_equal(message->command, TEXT("NOTICE")),
                            .kind = irc->line_kind};
    struct text reference;
    if (irc_tag_find(message->tags, TEXT("batch"), &reference)) {
        struct irc_batch *batch = irc_batches_find(&irc->batches, reference);
        if (batch != NULL) {
            return irc_batch_add(batch, message);
        }
    }
    /* What a server has to say while people come in is not for them. */
    bool is_told = irc->ready || !said.is_notice;
    return is_told ? irc_said_tell(&said, &irc->shown, irc->sink) : ERR_OK;
}

static enum error take_batch(struct irc_wire *irc, const struct irc_message *message)
{
    struct text reference = irc_param(message, 0);
    if (reference.count < 2 || reference.data[0] != '-') {
        return irc_batches_begin(&irc->batches, message);
    }
    struct irc_batch *batch = irc_batches_find(&irc->batches, text_skip(reference, 1));
    if (batch == NULL) {
        return ERR_OK;
    }
    struct irc_said said = {.nick = bytes_text(&batch->nick),
                            .target = bytes_text(&batch->target),
                            .text = bytes_text(&batch->text),
                            .is_notice = batch->is_notice,
                            .kind = batch->is_cut ? LINE_CUT : LINE_WHOLE};
    enum error error = irc_said_tell(&said, &irc->shown, irc->sink);
    irc_batch_close(batch);
    return error;
}

/* Everything else. */

static enum error take_ping(struct irc_wire *irc, const struct irc_message *message)
{
    return irc_out_answer_ping(&irc->out, irc_param(message, 0));
}

static enum error take_pong(struct irc_wire *irc, const struct irc_message *message)
{
    (void)message;
    irc_out_pong(&irc->out);
    return ERR_OK;
}

/* The faults by which a server refuses somebody who registers. */
static bool is_refusal(int numeric)
{
    return numeric == ERR_ERRONEUSNICKNAME || numeric == ERR_NICKNAMEINUSE ||
           (numeric >= 436 && numeric <= 437) || (numeric >= 463 && numeric <= 466);
}

static enum error take_fault(struct irc_wire *irc, const struct irc_message *message)
{
    int numeric = irc_numeric_of(message->command);
    bool refused = !irc->registered && (is_refusal(numeric) || numeric < 0);
    /* A server that has no CAP may say so, and goes on; one that we have left says that it ends. */
    bool is_goodbye = irc->left && irc->out.lines.count == 0 && numeric < 0;
    if ((!irc->registered && !refused) || is_goodbye) {
        return ERR_OK;
    }
    enum error error = irc_error_line(message, &irc->shown);
    if (error != ERR_OK) {
        return error;
    }
    irc->over = refused;
    struct text room = irc_param(message, 1);
    return emit(irc,
                &(struct event){.kind = refused ? EVENT_REFUSED : EVENT_ERROR,
                                .for_good = refused && numeric > 0 && numeric != ERR_NICKNAMEINUSE,
                                .room = irc_is_room(room) ? room : TEXT_NONE,
                                .line = bytes_text(&irc->shown)});
}

static enum error take_rest(struct irc_wire *irc, const struct irc_message *message)
{
    if (irc_is_error(message)) {
        return take_fault(irc, message);
    }
    bool asked = irc->out.pongs_seen < irc->asked_by;
    enum error error = irc->ready ? irc_told_line(message, asked, &irc->shown) : ERR_OK;
    if (error != ERR_OK || irc->shown.count == 0) {
        return error;
    }
    return tell(irc, EVENT_TOLD, TEXT_NONE, TEXT_NONE);
}

/* "@nick +other", with multi-prefix "@+nick". */
static enum error take_names(struct irc_wire *irc, const struct irc_message *message)
{
    struct text words = irc_param(message, 3);
    enum error error = ERR_OK;
    for (struct text word = word_take(&words); word.count > 0 && error == ERR_OK;
         word = word_take(&words)) {
        while (word.count > 1 && memchr("~&@%+", word.data[0], 5) != NULL) {
            word = text_skip(word, 1);
        }
        error = tell_nick(irc, EVENT_PRESENT, word);
    }
    return error == ERR_OK ? take_rest(irc, message) : error;
}

struct handler {
    const char *word;
    enum error (*take)(struct irc_wire *irc, const struct irc_message *message);
};

static const struct handler handlers[] = {
    {"PRIVMSG", take_message}, {"NOTICE", take_message}, {"JOIN", take_join},
    {"PART", take_part},       {"QUIT", take_quit},      {"NICK", take_nick},
    {"KICK", take_kick},       {"BATCH", take_batch},    {"PING", take_ping},
    {"PONG", take_pong},       {"CAP", take_cap},        {"001", take_welcome},
    {"005", take_isupport},    {"353", take_names},      {"376", take_motd_end},
    {"422", take_motd_end},
};

static enum error dispatch(struct irc_wire *irc, const struct irc_message *message)
{
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (text_equal(message->command, text_of(handlers[i].word))) {
            return handlers[i].take(irc, message);
        }
    }
    return take_rest(irc, message);
}

/* The first line of a server that speaks IRC is from it, or one of these. */
static bool is_irc(struct text line, const struct irc_message *message)
{
    static const char *const words[] = {"NOTICE", "CAP", "PING", "ERROR", "AUTHENTICATE"};
    bool is_one = line.data[0] == ':' || line.data[0] == '@';
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        is_one = is_one || text_equal(message->command, text_of(words[i]));
    }
    return is_one;
}

static enum error take_line(void *context, struct text line, enum line_kind kind)
{
    struct irc_wire *irc = context;
    if (line.count > 0 && line.data[line.count - 1] == '\r') {
        line.count--;
    }
    if (irc->over || line.count == 0) {
        return ERR_OK;
    }
    struct irc_message message = {0};
    bool parsed = irc_message_parse(line, &message);
    if (!irc->heard && !(parsed && is_irc(line, &message))) {
        irc->over = true;
        /* madangd may turn somebody away before it knows which protocol they speak. */
        bool is_word = text_starts(line, TEXT("! "));
        return emit(irc,
                    &(struct event){.kind = is_word ? EVENT_REFUSED : EVENT_FOREIGN, .line = line});
    }
    irc->heard = true;
    irc->line_kind = kind;
    bytes_clear(&irc->shown);
    return parsed ? dispatch(irc, &message) : ERR_OK;
}

/* The wire. */

static enum error irc_receive(struct wire *wire, struct text bytes, const struct event_sink *sink)
{
    struct irc_wire *irc = irc_of(wire);
    irc->sink = sink;
    struct line_sink lines = {.line = take_line, .context = irc};
    return lines_feed(&irc->lines, bytes, &lines);
}

/* Half a line of IRC means nothing. */
static enum error irc_end(struct wire *wire, const struct event_sink *sink)
{
    (void)wire;
    (void)sink;
    return ERR_OK;
}

static int64_t irc_due_ms(const struct wire *wire)
{
    (void)wire;
    return WIRE_NEVER;
}

struct verb {
    const char *word;
    bool is_question; /* What comes before the PONG behind it answers it. */
};

static const struct verb verbs[] = {
    [REQUEST_JOIN] = {"JOIN", false},  [REQUEST_PART] = {"PART", false},
    [REQUEST_NICK] = {"NICK", false},  [REQUEST_NAMES] = {"NAMES", true},
    [REQUEST_TOPIC] = {"TOPIC", true}, [REQUEST_LIST] = {"LIST", true},
    [REQUEST_WHO] = {"WHO", true},     [REQUEST_AWAY] = {"AWAY", true},
};

static enum error irc_ask(struct wire *wire, const struct request *request)
{
    struct irc_wire *irc = irc_of(wire);
    if (request->kind == REQUEST_SAY || request->kind == REQUEST_ACT) {
        return irc_out_say(&irc->out, request->target, request->text, request->kind == REQUEST_ACT);
    }
    const struct verb *verb = &verbs[request->kind];
    enum error error = irc_out_put(&irc->out, verb->word, request->target, request->text);
    if (error == ERR_OK && verb->is_question) {
        error = irc_out_fence(&irc->out);
        irc->asked_by = irc->out.pings;
    }
    return error;
}

static enum error irc_leave(struct wire *wire, struct text reason, bool at_once)
{
    struct irc_wire *irc = irc_of(wire);
    irc->left = true;
    return irc_out_leave(&irc->out, reason, at_once);
}

static enum error irc_next(struct wire *wire, struct text *out)
{
    *out = irc_out_next(&irc_of(wire)->out);
    return ERR_OK;
}

static enum error irc_written(struct wire *wire, size_t count)
{
    irc_out_written(&irc_of(wire)->out, count);
    return ERR_OK;
}

static size_t irc_pending_bytes(const struct wire *wire)
{
    return ((const struct irc_wire *)wire)->out.lines.count;
}

static void irc_dispose(struct wire *wire)
{
    struct irc_wire *irc = irc_of(wire);
    irc_out_finish(&irc->out);
    irc_batches_finish(&irc->batches);
    lines_finish(&irc->lines);
    bytes_finish(&irc->nick);
    bytes_finish(&irc->lobby);
    bytes_finish(&irc->request);
    bytes_finish(&irc->shown);
    mem_free(irc);
}

static const struct wire_protocol protocol = {
    .has_rooms = true,
    .dispose = irc_dispose,
    .receive = irc_receive,
    .end = irc_end,
    .tick = irc_end,
    .due_ms = irc_due_ms,
    .ask = irc_ask,
    .leave = irc_leave,
    .next = irc_next,
    .written = irc_written,
    .pending_bytes = irc_pending_bytes,
};

static enum error begin(struct irc_wire *irc, struct text nick)
{
    enum error error = set_nick(irc, nick);
    if (error == ERR_OK) {
        error = irc_out_put(&irc->out, "CAP", TEXT("LS"), TEXT("302"));
    }
    if (error == ERR_OK) {
        error = irc_out_put(&irc->out, "NICK", nick, TEXT_NONE);
    }
    return error == ERR_OK ? irc_out_user(&irc->out, nick) : error;
}

struct wire *irc_wire_new(struct text nick)
{
    struct irc_wire *irc = mem_zalloc(1, sizeof(*irc));
    if (irc == NULL) {
        return NULL;
    }
    irc->wire.protocol = &protocol;
    lines_init(&irc->lines, CLIENT_LINE_BYTES_MAX);
    if (begin(irc, nick) != ERR_OK) {
        irc_dispose(&irc->wire);
        return NULL;
    }
    return &irc->wire;
}
