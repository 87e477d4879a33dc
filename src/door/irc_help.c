/* HELP: made from the command table, with a few topics besides. */
#include "door/irc_state.h"

#include <string.h>

#define INDEX "INDEX"
/* Names in one line of the index. */
#define NAMES_A_LINE 8

static const struct {
    const char *name;
    const char *text; /* Lines with '\n'. */
} topics[] = {
    {"CMODES", "The modes of channels: MODE channel +modes params\n"
               "b mask  may not enter and not speak      e mask  may in spite of b\n"
               "I mask  may enter without an invitation  k key   to enter one must know the key\n"
               "l count at most so many members          f channel  who cannot enter goes there\n"
               "i  one must be invited                   m  only those with a rank may speak\n"
               "n  only members may speak                s  is listed nowhere\n"
               "t  only operators set the topic          c  no colours\n"
               "C  no CTCP but ACTION                    M  only those with an account may speak\n"
               "R  only those with an account may enter  u  members do not see each other come\n"
               "P  stays when it is empty (set by operators of the server)\n"
               "Ranks: q ~ founder, a & protected, o @ operator, h % half operator, v + voice\n"
               "A mask is nick!user@host with * and ?; ~a:account is an account, ~m:mask is mute."},
    {"UMODES", "Your own modes: MODE nick +modes\n"
               "i  only those who share a channel see you\n"
               "w  you hear WALLOPS\n"
               "B  you are a bot\n"
               "R  only those with an account may write to you\n"
               "g  only those on your list of ACCEPT may write to you\n"
               "o  you are an operator of this server (OPER)"},
};

static void say_text(struct irc *irc, struct text subject, struct text text)
{
    const char *newline = memchr(text.data, '\n', text.count);
    while (newline != NULL) {
        size_t count = (size_t)(newline - text.data);
        IRC_SAY(irc, RPL_HELPTXT, subject, (struct text){.data = text.data, .count = count});
        text = (struct text){.data = newline + 1, .count = text.count - count - 1};
        newline = memchr(text.data, '\n', text.count);
    }
    IRC_SAY(irc, RPL_HELPTXT, subject, text);
}

static void say_command(struct irc *irc, const struct irc_command *command)
{
    struct text subject = text_of(command->name);
    struct bytes usage = {0};
    if (bytes_format(&usage, "%s%s%s%s", command->name, command->usage[0] != '\0' ? " " : "",
                     command->usage,
                     command->is_operators ? "  (operators of the server)" : "") != ERR_OK) {
        irc_give_up(irc);
        return;
    }
    IRC_SAY(irc, RPL_HELPSTART, subject, bytes_text(&usage));
    bytes_finish(&usage);
    say_text(irc, subject, text_of(command->help));
    IRC_SAY(irc, RPL_ENDOFHELP, subject);
}

static enum error name_append(struct bytes *line, const char *name)
{
    return bytes_format(line, "%s%s", line->count > 0 ? " " : "", name);
}

static void say_index(struct irc *irc)
{
    size_t count;
    const struct irc_command *commands = irc_commands(&count);
    size_t topic_count = sizeof(topics) / sizeof(topics[0]);
    struct bytes line = {0};
    enum error error = ERR_OK;
    IRC_SAY(irc, RPL_HELPSTART, TEXT(INDEX), TEXT("HELP and one of these words tells more:"));
    for (size_t i = 0; error == ERR_OK && i < count + topic_count; i++) {
        error = name_append(&line, i < count ? commands[i].name : topics[i - count].name);
        if (error == ERR_OK && ((i + 1) % NAMES_A_LINE == 0 || i + 1 == count + topic_count)) {
            IRC_SAY(irc, RPL_HELPTXT, TEXT(INDEX), bytes_text(&line));
            bytes_clear(&line);
        }
    }
    bytes_finish(&line);
    if (error != ERR_OK) {
        irc_give_up(irc);
        return;
    }
    IRC_SAY(irc, RPL_ENDOFHELP, TEXT(INDEX));
}

static bool say_topic(struct irc *irc, struct text subject)
{
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        struct text name = text_of(topics[i].name);
        struct text text = text_of(topics[i].text);
        if (irc_word_equal(subject, name)) {
            const char *newline = memchr(text.data, '\n', text.count);
            size_t count = (size_t)(newline - text.data);
            IRC_SAY(irc, RPL_HELPSTART, name, (struct text){.data = text.data, .count = count});
            say_text(irc, name,
                     (struct text){.data = newline + 1, .count = text.count - count - 1});
            IRC_SAY(irc, RPL_ENDOFHELP, name);
            return true;
        }
    }
    return false;
}

bool irc_run_help(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text subject = irc_param(call, 0);
    const struct irc_command *command = irc_command_find(subject);
    if (!irc_is_idle(irc)) {
        return false;
    }
    if (subject.count == 0 || irc_word_equal(subject, TEXT(INDEX))) {
        say_index(irc);
    } else if (command != NULL) {
        say_command(irc, command);
    } else if (!say_topic(irc, subject)) {
        IRC_SAY(irc, ERR_HELPNOTFOUND, subject);
    }
    return true;
}
