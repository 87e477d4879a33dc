/*
 * Commands: what people ask of the chat. A door makes them, a worker puts them into the ring to the
 * hub. A change becomes an entry (number and time) and is applied to the core; a question is
 * answered from the core as it stands, and gets no number.
 */
#ifndef MADANG_MODEL_COMMAND_H
#define MADANG_MODEL_COMMAND_H

#include "base/bytes.h"
#include "base/error.h"
#include "model/limits.h"

/* Where a command came from. Opaque to the core, which copies it into the effects that the command
 * causes. */
struct origin {
    uint32_t node;
    uint32_t worker;
    uint64_t connection; /* The worker's own handle: index and generation. */
    uint64_t label;      /* For the door that asked; 0 when it does not care. */
};

/*
 * name, text and extra hold what the comment says. A command that ends with a cursor (struct
 * effect, more) is to be given again, with that cursor, for the rest.
 */
enum command_kind {
    COMMAND_OPEN = 1, /* A new session: name its nick; identity says the rest; text an away message;
                         flags OPEN_*. */
    COMMAND_JOIN,     /* name the channel, made when it is not there; text its key. Then the
                         topic, and the names with ASK_NAMES. */
    COMMAND_PART,     /* name the channel, "" for the first of all that the session is in (with a
                         cursor while there are more); text the words. */
    COMMAND_MESSAGE,  /* text to name: a channel, a prefix and a channel, or a nick. extra: tags of
                         the client, "+a=b;+c", escaped as they came. flags MESSAGE_*. */
    COMMAND_CLOSE,    /* The session ends, for reason; text the words. */
    COMMAND_PING,     /* Changes nothing; its effect comes back after all that was accepted before.
                         text the token. */
    COMMAND_NICK,     /* name the new nick. */
    COMMAND_TOPIC,    /* name the channel; text the new topic, "" for none. */
    COMMAND_KICK,     /* name the channel, extra the nick, text the words. */
    COMMAND_INVITE,   /* name the channel, extra the nick. */
    COMMAND_MODE,     /* name a channel or the own nick; text "+o-v a b", as it came. Only changes,
                         and lists such as "b" alone: then a question. */
    COMMAND_RENAME,   /* name the channel, extra its new name, text the words. */
    COMMAND_AWAY,     /* text the message; "" is back. */
    COMMAND_SETNAME,  /* text the new realname. */
    COMMAND_OPER,     /* name the operator whose password was right. */
    COMMAND_KILL,     /* name the nick, text the words. */
    COMMAND_WALLOPS,  /* text to all operators and who has +w. */
    COMMAND_BAN,      /* A ban of the server: extra the mask (nick!user@host, a host or address with
                         wildcards, or an address/bits), text the words, number the seconds or 0.
                         Ends the sessions that match, one an entry, with a cursor. */
    COMMAND_UNBAN,    /* extra the mask. */
    COMMAND_DEFCON,   /* number 5: all may come; 4: only operators make channels; 3 and 2: only who
                         has an account may come; 1: nobody may; any other: only tells. */
    COMMAND_REHASH,   /* The server's configuration is to be read again. */
    COMMAND_METADATA, /* Sets: name a nick, channel or "*"; extra the key, "" with METADATA_CLEAR;
                         text the value; METADATA_UNSET without one. CLEAR takes one key an entry,
                         with a cursor while there are more. */
    COMMAND_ACCEPT,   /* extra a nick that may write to a session with +g, "-nick" that may not. */
    COMMAND_REDACT,   /* Takes a message back: name to whom it went, as in COMMAND_MESSAGE; number
                         its entry, 0 for one that cannot be; extra the number as people have it;
                         text the words. */
    COMMAND_KEEP,     /* The server's own, without a session: name a channel that is there for ever
                         (mode P), made when it is not there. */

    /* Questions. */
    COMMAND_QUESTION_FIRST,
    COMMAND_NAMES = COMMAND_QUESTION_FIRST, /* text channels with commas, as it came: one end of
                                               names for all of them. */
    COMMAND_WHO,    /* name the mask, "" for all; extra "%fields,token" of WHOX;
                       flags WHO_OPERATORS. */
    COMMAND_WHOIS,  /* name the nick. */
    COMMAND_WHOWAS, /* name the nick, number how many at most, 0 for all. */
    COMMAND_LIST,   /* text the conditions of ELIST, with commas, or channels. */
    COMMAND_LUSERS,
    COMMAND_USERHOST, /* text nicks with spaces. */
    COMMAND_ISON,     /* text nicks with spaces. */
    COMMAND_ONLINE,   /* MONITOR: text nicks with commas; which are there, which are not. */
    COMMAND_MODES,    /* name a channel, or the own nick: its modes. extra a letter: that list. */
    COMMAND_TOPIC_OF, /* name the channel. */
    COMMAND_INVITES,  /* The own invitations. */
    COMMAND_ACCEPTS,  /* The own list of ACCEPT. */
    COMMAND_BANS,     /* The bans of the server. */
    COMMAND_METADATA_GET,  /* name, text keys with spaces. */
    COMMAND_METADATA_LIST, /* name: all keys. */
    COMMAND_METADATA_SYNC, /* name: a channel, with all that its members have set, or a nick. */
    COMMAND_TIME,
    COMMAND_KIND_COUNT,
};

static inline bool command_is_question(enum command_kind kind)
{
    return kind >= COMMAND_QUESTION_FIRST;
}

enum command_flag {
    /* How the asker wants to be answered. */
    ASK_MULTI_PREFIX = 1u << 0, /* IRCv3 multi-prefix. */
    ASK_USERHOST = 1u << 1,     /* IRCv3 userhost-in-names. */
    ASK_NAMES = 1u << 2,        /* JOIN: the names as well. */

    MESSAGE_NOTICE = 1u << 8, /* Without either: PRIVMSG. */
    MESSAGE_TAGMSG = 1u << 9,
    /* text holds several lines with '\n' between them; a NUL is where two pieces of one line meet
     * (IRCv3 multiline, concat). */
    MESSAGE_MULTILINE = 1u << 10,

    OPEN_SECURE = 1u << 12,    /* Over TLS. */
    OPEN_PLAIN = 1u << 13,     /* By the plain door. */
    OPEN_INVISIBLE = 1u << 14, /* With +i. */

    WHO_OPERATORS = 1u << 16,
    METADATA_UNSET = 1u << 17,
    METADATA_CLEAR = 1u << 18,
};

/* Why a session ended. */
enum leave_reason {
    LEAVE_QUIT = 1, /* It said so, or closed its side properly. */
    LEAVE_VANISHED, /* Reset, timed out, cable pulled. */
    LEAVE_SENDQ,    /* It did not read. */
    LEAVE_FLOOD,    /* It wrote too fast. */
    LEAVE_ERROR,    /* It broke its protocol. */
    LEAVE_SHUTDOWN, /* The server ends. */
    LEAVE_KILLED,   /* An operator ended it, or a ban. */
};

/* Who somebody is besides the nick. Borrowed texts. */
struct identity {
    struct text user;     /* At most USER_BYTES_MAX. */
    struct text host;     /* As others see it: HOST_BYTES_MAX. */
    struct text address;  /* As operators see it: ADDRESS_BYTES_MAX. */
    struct text realname; /* REALNAME_BYTES_MAX. */
    struct text account;  /* NAME_BYTES_MAX; "" without one. */
};

struct command {
    enum command_kind kind;
    enum leave_reason reason; /* COMMAND_CLOSE only. */
    uint32_t flags;           /* enum command_flag. */
    uint64_t session; /* Chosen by the worker at COMMAND_OPEN, never used twice in one run; 0 for
                         the server's own. */
    uint64_t cursor;  /* 0, or where the last answer to the same command ended. */
    int64_t number;
    struct origin origin;
    struct text name;  /* Borrowed, as the peer spelled it; at most CHANNEL_BYTES_MAX + 1 bytes. */
    struct text text;  /* Borrowed; at most MESSAGE_BYTES_MAX bytes. */
    struct text extra; /* Borrowed; at most IRC_TAGS_BYTES_MAX bytes. */
    struct identity identity; /* COMMAND_OPEN only. */
};

/* A name with the prefix of STATUSMSG. */
#define COMMAND_NAME_BYTES_MAX (CHANNEL_BYTES_MAX + 1)
#define IDENTITY_BYTES_MAX                                                                         \
    (USER_BYTES_MAX + HOST_BYTES_MAX + ADDRESS_BYTES_MAX + REALNAME_BYTES_MAX + NAME_BYTES_MAX)
/* The largest packed command. */
#define COMMAND_PACKED_BYTES_MAX                                                                   \
    (128 + COMMAND_NAME_BYTES_MAX + MESSAGE_BYTES_MAX + IRC_TAGS_BYTES_MAX + IDENTITY_BYTES_MAX)

/* Bytes that command_pack() will write. */
size_t command_packed_bytes(const struct command *command);
/* Writes the command to out, which has command_packed_bytes() of room and is aligned to 8. */
void command_pack(const struct command *command, void *out);
/* The command packed at data; its texts point into data. data comes from command_pack() of this
 * process. */
void command_unpack(const void *data, struct command *out);

/* An ordered command: the only thing that changes the core. */
struct entry {
    uint64_t seq;    /* 1 and up, without gaps within a run. */
    int64_t time_ms; /* Unix time; never smaller than the one before. */
    struct command command;
};

#endif
