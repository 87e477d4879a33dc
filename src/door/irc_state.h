/*
 * What the files of the IRC door share: one connection's state, and how its lines are answered.
 *
 * Invariants:
 * - irc->sink is there within a call of a public function, and NULL between two of them.
 * - irc->early is there until the session is opened.
 * - A line that is begun is fed until it is done: what of it is done already stands in irc->step,
 *   cursor and mark; all three are 0 between two lines. So a "no" never does a thing twice.
 * - irc->asked: no line and no errand goes on before an answer has come, which irc_effect() or
 *   irc_verdict() are given.
 * - irc->pending counts the commands that were given and not answered.
 * - irc->label is there from the beginning to the end of a line with a label, and all that is
 *   answered meanwhile belongs to it. Such a line begins when nothing is pending, and ends so.
 */
#ifndef MADANG_DOOR_IRC_STATE_H
#define MADANG_DOOR_IRC_STATE_H

#include "door/irc.h"
#include "door/irc_message.h"
#include "door/irc_numeric.h"

/* IRCv3 capabilities. irc_cap.c knows their names. */
enum irc_cap {
    IRC_CAP_ACCOUNT_NOTIFY = 1u << 0,
    IRC_CAP_ACCOUNT_TAG = 1u << 1,
    IRC_CAP_AWAY_NOTIFY = 1u << 2,
    IRC_CAP_BATCH = 1u << 3,
    IRC_CAP_CAP_NOTIFY = 1u << 4,
    IRC_CAP_CHGHOST = 1u << 5,
    IRC_CAP_RENAME = 1u << 6,
    IRC_CAP_EXTENDED_ISUPPORT = 1u << 7,
    IRC_CAP_METADATA = 1u << 8,
    IRC_CAP_MULTILINE = 1u << 9,
    IRC_CAP_OPER_TAG = 1u << 10,
    IRC_CAP_PRE_AWAY = 1u << 11,
    IRC_CAP_ECHO_MESSAGE = 1u << 12,
    IRC_CAP_EXTENDED_JOIN = 1u << 13,
    IRC_CAP_EXTENDED_MONITOR = 1u << 14,
    IRC_CAP_INVITE_NOTIFY = 1u << 15,
    IRC_CAP_LABELED_RESPONSE = 1u << 16,
    IRC_CAP_MESSAGE_TAGS = 1u << 17,
    IRC_CAP_MULTI_PREFIX = 1u << 18,
    IRC_CAP_NO_IMPLICIT_NAMES = 1u << 19,
    IRC_CAP_SERVER_TIME = 1u << 20,
    IRC_CAP_SETNAME = 1u << 21,
    IRC_CAP_STANDARD_REPLIES = 1u << 22,
    IRC_CAP_USERHOST_IN_NAMES = 1u << 23,
    IRC_CAP_REDACTION = 1u << 24,
};
#define IRC_CAP_COUNT 25

enum irc_stage {
    IRC_STAGE_NEW,     /* Not registered. */
    IRC_STAGE_OPENING, /* COMMAND_OPEN was given. */
    IRC_STAGE_OPEN,    /* Registered. */
    IRC_STAGE_ENDED,   /* sink->close() was called, or soon will be; what comes is thrown away. */
};

/* A key of metadata that somebody has subscribed to, or with the value that was set before the
 * session is there. */
struct irc_pair {
    struct irc_pair *next;
    uint16_t key_bytes;
    uint16_t value_bytes;
    char data[]; /* Key, value. */
};

/* What is known before the session is opened. */
struct irc_early {
    struct bytes password; /* Of PASS. */
    struct irc_pair *metadata;
    uint32_t metadata_bytes;
    uint16_t away_bytes;
    uint8_t user_bytes;
    uint8_t realname_bytes;
    uint8_t address_bytes;
    bool has_nick; /* irc->nick is wanted. */
    bool has_user;
    bool negotiating; /* CAP LS or REQ, and no CAP END yet. */
    bool secure;
    char user[USER_BYTES_MAX];
    char realname[REALNAME_BYTES_MAX];
    char address[ADDRESS_BYTES_MAX];
    char away[AWAY_BYTES_MAX];
};

/* Recipients of one message, and people that one USERHOST asks about. */
#define IRC_TARGETS_MAX 4
#define IRC_USERHOST_MAX 5

/* The values of metadata that may be set before the session is there, with their keys. */
#define IRC_EARLY_METADATA_BYTES_MAX 4096

/* The answer to a line with a label. */
enum irc_label_stage {
    IRC_LABEL_NOTHING, /* Nothing was answered yet. */
    IRC_LABEL_HELD,    /* One line, which is held back: it may be the only one. */
    IRC_LABEL_BATCH,   /* A batch has been begun: all goes into it. */
    IRC_LABEL_SPENT,   /* The label stands on what has been sent. */
};
/* Escapes make a label of IRC_LABEL_BYTES_MAX twice as long on the wire. */
#define IRC_LABEL_RAW_BYTES_MAX (2 * IRC_LABEL_BYTES_MAX)

struct irc_label {
    enum irc_label_stage stage;
    uint32_t batch; /* The number of the batch that surrounds the answer. */
    struct bytes held;
    uint16_t raw_bytes;
    char raw[IRC_LABEL_RAW_BYTES_MAX];
};

/* A message of several lines that is being sent (IRCv3 multiline). */
struct irc_batch {
    struct bytes text;   /* The lines so far, as COMMAND_MESSAGE wants them. */
    struct bytes tags;   /* Of the client, for the message. */
    int64_t since_ms;    /* Once is_dated. */
    uint32_t text_bytes; /* As max-bytes counts. */
    uint32_t line_count;
    uint32_t flags;       /* MESSAGE_NOTICE, once the first line has come. */
    uint16_t label_bytes; /* As struct irc_label. */
    uint8_t reference_bytes;
    uint8_t target_bytes;
    bool is_dated;
    bool has_words; /* Some line is not empty. */
    bool failed;    /* The client was told; what still comes of it is dropped. */
    char label[IRC_LABEL_RAW_BYTES_MAX];
    char reference[64];
    char target[COMMAND_NAME_BYTES_MAX];
};
#define IRC_REFERENCE_BYTES_MAX (sizeof(((struct irc_batch *)NULL)->reference))

/* How the replies to a question are shown. */
enum irc_answer_kind {
    IRC_ANSWER_PLAIN,
    IRC_ANSWER_METADATA, /* Within a batch "metadata". */
    IRC_ANSWER_SYNC,     /* The same, and only what was subscribed to. */
    IRC_ANSWER_ARRIVAL,  /* The same, unasked for: no batch where there is nothing to tell. */
    IRC_ANSWER_SILENT,   /* Told already. */
    IRC_ANSWER_ENTRANCE, /* As after a JOIN: no word about a topic that there is not. */
};

/* Of a question whose answer is not shown plainly. */
struct irc_answer {
    enum irc_answer_kind kind;
    bool begun; /* The batch is. */
    uint8_t target_bytes;
    char target[COMMAND_NAME_BYTES_MAX];
};

/* Something that the door asks or does by itself for its client, when no line is begun. */
struct irc_errand {
    struct irc_errand *next;
    enum command_kind kind;
    enum irc_answer_kind answer;
    uint8_t name_bytes;
    uint8_t extra_bytes;
    uint16_t text_bytes;
    char data[]; /* Name, extra, text. */
};

struct irc {
    const struct irc_server *server;
    const struct door_sink *sink;
    struct irc_early *early;
    struct irc_label *label;
    struct irc_batch *batch;
    struct irc_answer *answer;
    struct irc_errand *errands; /* The first one is next. */
    struct irc_pair *subscriptions;
    const struct irc_command *command; /* Whose line is being carried out. */
    uint64_t session;                  /* Its number; 0 before there is one. */
    uint64_t cursor;                   /* Where the last step of an answer ended. */
    uint32_t caps;                     /* enum irc_cap. */
    uint32_t flags;                    /* enum person_flag. */
    uint32_t batch_count;              /* Batches begun: their numbers. */
    uint32_t inner;                    /* The number of the batch that is open in the answer; 0. */
    uint32_t skipped;                  /* Bytes consumed of a line that is too long. */
    uint16_t pending;
    uint16_t step;
    uint16_t mark; /* Something that a step leaves for the next one. */
    uint8_t subscription_count;
    uint8_t stage; /* enum irc_stage. */
    uint8_t nick_bytes;
    uint8_t user_bytes;
    uint8_t host_bytes;
    bool begun : 1; /* A line is. */
    bool given : 1; /* All of a line with a label is; only its answers are awaited. */
    bool asked : 1;
    bool on_errand : 1; /* What was asked is for an errand. */
    bool waiting : 1;
    bool welcoming : 1; /* The welcome is not over. */
    bool right : 1;     /* The last verdict. */
    bool spoke : 1;     /* A line has come. */
    bool cap_302 : 1;   /* IRCv3 capability-negotiation, CAP LS 302. */
    bool skipping : 1;  /* Inside a line that is too long. */
    char nick[NAME_BYTES_MAX];
    char user[USER_BYTES_MAX];
    char host[HOST_BYTES_MAX];
};

/* A line that is being carried out. */
struct irc_call {
    struct irc *irc;
    struct text line; /* All of it. */
    struct irc_message message;
};

/*
 * One command. run carries a line of it out, or what of it is not done yet; false: something said
 * no, and the line is to be fed again.
 */
typedef bool irc_run(struct irc_call *call);

enum irc_when {
    IRC_BEFORE = 1u << 0, /* Before registration. */
    IRC_AFTER = 1u << 1,
};

struct irc_command {
    const char *name;
    irc_run *run;
    uint8_t params_min;
    uint8_t when;         /* enum irc_when. */
    bool is_operators;    /* For operators of the server alone. */
    enum numeric too_few; /* What is told with fewer params. */
    uint32_t cap;         /* Without it there is no such command, or not before registration. */
    const char *usage;    /* Its params. */
    const char *help;     /* What it does; lines with '\n'. */
};

/* irc_command.c: the table, in the order of the names; and the way of a line through it. */
const struct irc_command *irc_commands(size_t *out_count);
/* NULL when there is none of that name, in whatever case. */
const struct irc_command *irc_command_find(struct text name);
/* False: the line is to be fed again. */
bool irc_line_run(struct irc *irc, struct text line);
/* The line cannot be taken: 417. False: to be called again. */
bool irc_line_refuse(struct irc *irc);

/* irc_ask.c: from the door to the core, and errands. */
/* True when the door may answer by itself now. */
bool irc_is_idle(struct irc *irc);
/* Gives a command whose answer is not awaited; false: not now. */
bool irc_give(struct irc *irc, const struct command *command);
/* Gives a command (a step of the line) whose whole answer is awaited. False: not now, or awaited:
 * then irc->step grows by one when it is whole. Never true. */
bool irc_ask(struct irc *irc, struct command *command);
/* The same, with replies shown otherwise; target is what they are about. */
bool irc_ask_as(struct irc *irc, struct command *command, enum irc_answer_kind kind,
                struct text target);
/* An answer to what was given has come whole, or its part up to the cursor more. */
void irc_answered(struct irc *irc, bool was_asked, uint64_t more);
/* Appends an errand: command's kind, name, extra and text. */
void irc_errand_add(struct irc *irc, const struct command *command, enum irc_answer_kind answer);
/* False: something is on its way. */
bool irc_errands_run(struct irc *irc);
void irc_errands_free(struct irc *irc);
/* How the asker wants names: ASK_*. */
uint32_t irc_ask_flags(const struct irc *irc);

/* irc_say.c: what the client is told; label, batches. All but irc_tell() belong to the answer of
 * the line at hand. Without memory the connection is ended. */
/* One line or several, each an answer by itself; each with its CR LF. */
void irc_say_lines(struct irc *irc, struct text lines);
/* Lines of which the first and the last are those of a batch. */
void irc_say_batch(struct irc *irc, struct text lines, bool is_alone);
void irc_say(struct irc *irc, enum numeric numeric, const struct text *params,
             uint32_t param_count);
/* IRC_SAY(irc, numeric, ...): the same, with one param and more as arguments. */
#define IRC_SAY(irc, numeric, ...)                                                                 \
    irc_say((irc), (numeric), (const struct text[]){__VA_ARGS__},                                  \
            (uint32_t)(sizeof((const struct text[]){__VA_ARGS__}) / sizeof(struct text)))
void irc_say_reply(struct irc *irc, const struct reply *reply);
/* Begins a batch in the answer; param "" for none. is_alone: nothing else is answered. Nothing for
 * who does not know batches. */
void irc_say_batch_begin(struct irc *irc, struct text type, struct text param, bool is_alone);
void irc_say_batch_end(struct irc *irc);
/* Not as part of an answer: lines as they are. */
void irc_tell(struct irc *irc, struct text lines);
/* The label of the line, from its tags; false without one that counts. */
bool irc_label_find(const struct irc *irc, struct text tags, struct text *out_raw);
/* All that is told from here on is the answer to it. */
void irc_label_begin(struct irc *irc, struct text raw);
/* What is held back for it goes out now: others' lines may come before the rest of the answer. */
void irc_label_release(struct irc *irc);
void irc_label_end(struct irc *irc);
/* There is no memory to go on with: ends the connection. */
void irc_give_up(struct irc *irc);
/* Replies ERROR with the words, as the end of the line's answer, and closes. */
void irc_hang_up(struct irc *irc, enum leave_reason reason, struct text error, struct text words);
/* Who is told: the server's name and the nick, "*" without one. */
struct irc_asker irc_asker(const struct irc *irc);

/* irc_register.c */
void irc_welcome(struct irc *irc, const struct effect *effect);
/* All that the core tells who comes in has come. */
void irc_welcome_end(struct irc *irc);
void irc_open_refused(struct irc *irc, const struct effect *effect);
void irc_early_free(struct irc *irc);
/* Gives COMMAND_OPEN when all is there; false: not now. */
bool irc_register(struct irc *irc);

/* irc_isupport.c: 005. */
void irc_say_isupport(struct irc *irc, bool is_alone);
extern const char irc_user_modes[];
extern const char irc_channel_modes[];
extern const char irc_channel_modes_with_param[];

/* irc_info.c */
void irc_say_motd(struct irc *irc);
void irc_say_pong(struct irc *irc, struct text token);

/* irc_metadata.c */
bool irc_metadata_key_is_valid(struct text key);
void irc_pairs_free(struct irc_pair **pairs);
/* A pair at the end of the list; false without memory. */
bool irc_pair_add(struct irc_pair **pairs, struct text key, struct text value);
struct text irc_pair_key(const struct irc_pair *pair);
struct text irc_pair_value(const struct irc_pair *pair);

/* irc_talk.c: appends those of a client's tags that go on. */
MUST_USE enum error irc_client_tags_append(struct text tags, struct bytes *out);

/* irc_multiline.c */
/* A line while a batch is open, or with a tag of one. False as irc_run(); *out_is_taken: it was a
 * part of the batch, or the end of one, and is done. */
bool irc_batch_take(struct irc_call *call, bool *out_is_taken);
/* A line of it, if one is open, was refused: so it cannot become a message. The client is told. */
void irc_batch_spoil(struct irc *irc);
void irc_batch_free(struct irc *irc);

/* Small things. */
/* Before it is registered, the one that is wanted. */
static inline struct text irc_own_nick(const struct irc *irc)
{
    return (struct text){.data = irc->nick, .count = irc->nick_bytes};
}
static inline bool irc_has(const struct irc *irc, enum irc_cap cap)
{
    return (irc->caps & (uint32_t)cap) != 0;
}
/* The i-th param, "" without it. */
static inline struct text irc_param(const struct irc_call *call, uint32_t index)
{
    return index < call->message.param_count ? call->message.params[index] : TEXT_NONE;
}
bool irc_is_channel_name(struct text name);
/* At most bytes_max bytes of it, cut between characters. */
struct text irc_text_head(struct text text, size_t bytes_max);
/* The index-th item of a list with commas, however empty; false behind the last. */
bool irc_item(struct text list, uint32_t index, struct text *out);
uint32_t irc_item_count(struct text list);
/* Whether both are equal but for the case of ASCII letters. */
bool irc_word_equal(struct text a, struct text b);
/* A decimal number, at most max; false when it is none. */
bool irc_number(struct text text, uint64_t max, uint64_t *out);
/* Appends params from the index-th on, with spaces between them. */
MUST_USE enum error irc_params_join(const struct irc_call *call, uint32_t index, struct bytes *out);

/* The commands. */
irc_run irc_run_accept, irc_run_admin, irc_run_away, irc_run_ban, irc_run_batch, irc_run_cap,
    irc_run_defcon, irc_run_help, irc_run_info, irc_run_invite, irc_run_ison, irc_run_isupport,
    irc_run_join, irc_run_kick, irc_run_kill, irc_run_links, irc_run_list, irc_run_lusers,
    irc_run_metadata, irc_run_mode, irc_run_monitor, irc_run_motd, irc_run_names, irc_run_nick,
    irc_run_oper, irc_run_part, irc_run_pass, irc_run_ping, irc_run_pong, irc_run_privmsg,
    irc_run_quit, irc_run_redact, irc_run_rehash, irc_run_rename, irc_run_setname, irc_run_time,
    irc_run_topic, irc_run_unban, irc_run_user, irc_run_userhost, irc_run_version, irc_run_wallops,
    irc_run_webirc, irc_run_who, irc_run_whois, irc_run_whowas;

#endif
