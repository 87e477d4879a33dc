/* Random commands of every kind, for tests that run through all that the core can be asked. */
#ifndef MADANG_TESTS_UNIT_CORE_RANDOM_COMMAND_H
#define MADANG_TESTS_UNIT_CORE_RANDOM_COMMAND_H

#include "core/core.h"
#include "random.h"

#include <string.h>

#define RANDOM_SESSIONS 8

#define PICK(random, list) ((list)[random_below((random), sizeof(list) / sizeof((list)[0]))])

/* The changes that are asked for most; the others come as often as any kind. */
static inline enum command_kind random_kind(struct random *random)
{
    static const enum command_kind often[] = {
        COMMAND_OPEN, COMMAND_OPEN, COMMAND_JOIN, COMMAND_JOIN,    COMMAND_JOIN,
        COMMAND_PART, COMMAND_MODE, COMMAND_MODE, COMMAND_MESSAGE, COMMAND_NICK,
    };
    if (random_below(random, 2) == 0) {
        return PICK(random, often);
    }
    return (enum command_kind)(1 + random_below(random, COMMAND_KIND_COUNT - 1));
}

static inline struct text random_name(struct random *random, enum command_kind kind)
{
    static const char *const nicks[] = {"bob", "eve",  "ann",     "BOB", "\ud55c\uae00",
                                        "joe", "9bad", "e\u0301", "",    "*"};
    static const char *const channels[] = {"#a", "#A",  "#b", "#\ub9c8\ub2f9", "#c", "bad",
                                           "#",  "@#a", "+#B"};
    const bool is_nick = kind == COMMAND_OPEN || kind == COMMAND_NICK || kind == COMMAND_WHOIS ||
                         kind == COMMAND_WHOWAS || kind == COMMAND_KILL || kind == COMMAND_OPER;
    const bool is_channel = kind == COMMAND_JOIN || kind == COMMAND_PART || kind == COMMAND_KICK;
    if (is_nick || (!is_channel && random_below(random, 3) == 0)) {
        return text_of(PICK(random, nicks));
    }
    return text_of(PICK(random, channels));
}

static inline struct text random_text(struct random *random, enum command_kind kind)
{
    static const char *const modes[] = {
        "+o eve",     "-o bob",
        "+v joe",     "+i",
        "-i",         "+m",
        "-m",         "+k key",
        "-k",         "+l 2",
        "-l",         "+f #b",
        "-f",         "+bb eve ~m:joe",
        "-b eve!*@*", "+eI ann *@*",
        "+CcMRs",     "-CcMRsn",
        "+u",         "-u",
        "+P",         "-P",
        "+gw",        "-gi+R",
        "-R",         "+Bi-o",
        "b",          "+h-h+q ann ann eve",
        "+X:\ud55c",  "",
    };
    static const char *const words[] = {
        "hello",
        "",
        "key",
        "\x01"
        "ACTION waves\x01",
        "\x01"
        "PING\x01",
        "in \x03"
        "4red",
        "#a,#b",
        "bob eve",
        "url avatar",
        ">1,<9",
        "bye",
        "*",
    };
    return text_of(kind == COMMAND_MODE ? PICK(random, modes) : PICK(random, words));
}

static inline struct text random_extra(struct random *random, enum command_kind kind)
{
    static const char *const nicks[] = {"bob", "eve", "ann", "-eve", "joe", "\ud55c\uae00", ""};
    static const char *const masks[] = {"h1.cloak", "192.0.2.0/30", "joe!*@*", "~a:known", "*"};
    static const char *const keys[] = {"url", "avatar", "display-name", "BAD"};
    static const char *const others[] = {
        "+typing=active", "+draft/react=x", "#new", "b", "e", "%tcnf,7", ""};
    if (kind == COMMAND_KICK || kind == COMMAND_INVITE || kind == COMMAND_ACCEPT) {
        return text_of(PICK(random, nicks));
    }
    if (kind == COMMAND_BAN || kind == COMMAND_UNBAN) {
        return text_of(PICK(random, masks));
    }
    return text_of(kind == COMMAND_METADATA ? PICK(random, keys) : PICK(random, others));
}

/* A command whose texts are literals. Sessions are 1 to RANDOM_SESSIONS. */
static inline struct command random_command(struct random *random)
{
    static const uint32_t flags[] = {0,
                                     ASK_NAMES,
                                     ASK_MULTI_PREFIX | ASK_USERHOST,
                                     MESSAGE_NOTICE,
                                     MESSAGE_TAGMSG,
                                     METADATA_UNSET,
                                     METADATA_CLEAR,
                                     OPEN_INVISIBLE | OPEN_SECURE,
                                     OPEN_PLAIN,
                                     WHO_OPERATORS};
    static const char *const hosts[] = {"h1.cloak", "h2.cloak", "h3.cloak"};
    static const char *const addresses[] = {"192.0.2.1", "192.0.2.9", "2001:db8::1"};
    static const char *const accounts[] = {"", "", "known"};
    const enum command_kind kind = random_kind(random);
    struct command command = {
        .kind = kind,
        .reason = kind == COMMAND_CLOSE ? LEAVE_QUIT : 0,
        .flags = PICK(random, flags),
        .session = kind == COMMAND_KEEP ? 0 : 1 + random_below(random, RANDOM_SESSIONS),
        .number = (int64_t)random_below(random, 7),
        .name = random_name(random, kind),
        .text = random_text(random, kind),
        .extra = random_extra(random, kind),
    };
    if (kind == COMMAND_OPEN) {
        command.identity = (struct identity){
            .user = TEXT("user"),
            .host = text_of(PICK(random, hosts)),
            .address = text_of(PICK(random, addresses)),
            .realname = TEXT("Real Name"),
            .account = text_of(PICK(random, accounts)),
        };
    }
    /* Closing doors and killing ends most runs; so it is rare. */
    const bool is_rare = kind == COMMAND_DEFCON || kind == COMMAND_BAN || kind == COMMAND_KILL ||
                         kind == COMMAND_CLOSE;
    if (is_rare && random_below(random, 4) != 0) {
        command.kind = COMMAND_LUSERS;
    }
    if (kind == COMMAND_DEFCON) {
        command.number = 3 + command.number % 3;
    }
    return command;
}

#endif
