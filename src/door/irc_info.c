/* What the server tells of itself: PING, VERSION, TIME, INFO, ADMIN, LINKS, LUSERS, MOTD. */
#include "door/irc_state.h"

#include <string.h>

/* RFC 2812 section 3.7.2; the fence by which clients know that all before it has been answered. */
bool irc_run_ping(struct irc_call *call)
{
    struct irc *irc = call->irc;
    struct text token = irc_param(call, 0);
    if (irc->early == NULL && token.count > 0) {
        return irc_give(irc, &(struct command){.kind = COMMAND_PING, .text = token});
    }
    if (!irc_is_idle(irc)) {
        return false;
    }
    if (token.count == 0) {
        irc_say(irc, ERR_NOORIGIN, NULL, 0);
    } else {
        irc_say_pong(irc, token);
    }
    return true;
}

void irc_say_pong(struct irc *irc, struct text token)
{
    struct bytes out = {0};
    struct irc_line line;
    irc_line_begin(&line, &out);
    irc_line_source(&line, irc->server->name, TEXT_NONE, TEXT_NONE);
    irc_line_command(&line, TEXT("PONG"));
    irc_line_param(&line, irc->server->name);
    irc_line_last(&line, token, true);
    if (irc_line_end(&line) == ERR_OK) {
        irc_say_lines(irc, bytes_text(&out));
    } else {
        irc_give_up(irc);
    }
    bytes_finish(&out);
}

bool irc_run_pong(struct irc_call *call)
{
    (void)call; /* That it has come is all there is to it. */
    return true;
}

bool irc_run_version(struct irc_call *call)
{
    struct irc *irc = call->irc;
    if (!irc_is_idle(irc)) {
        return false;
    }
    IRC_SAY(irc, RPL_VERSION, irc->server->version, irc->server->name, irc->server->info);
    irc_say_isupport(irc, false);
    return true;
}

bool irc_run_time(struct irc_call *call)
{
    struct command ask = {.kind = COMMAND_TIME};
    return call->irc->step > 0 || irc_ask(call->irc, &ask);
}

bool irc_run_lusers(struct irc_call *call)
{
    struct command ask = {.kind = COMMAND_LUSERS};
    return call->irc->step > 0 || irc_ask(call->irc, &ask);
}

bool irc_run_info(struct irc_call *call)
{
    struct irc *irc = call->irc;
    if (!irc_is_idle(irc)) {
        return false;
    }
    IRC_SAY(irc, RPL_INFO, irc->server->version);
    IRC_SAY(irc, RPL_INFO, TEXT("A group chat server: one room or thousands, for IRC clients,"));
    IRC_SAY(irc, RPL_INFO, TEXT("netcat and everybody else, all through one port."));
    IRC_SAY(irc, RPL_INFO, irc->server->info);
    irc_say(irc, RPL_ENDOFINFO, NULL, 0);
    return true;
}

bool irc_run_admin(struct irc_call *call)
{
    static const enum numeric numerics[] = {RPL_ADMINLOC1, RPL_ADMINLOC2, RPL_ADMINEMAIL};
    struct irc *irc = call->irc;
    const struct text *admin = irc->server->admin;
    if (!irc_is_idle(irc)) {
        return false;
    }
    if (admin[0].count + admin[1].count + admin[2].count == 0) {
        IRC_SAY(irc, ERR_NOADMININFO, irc->server->name);
        return true;
    }
    IRC_SAY(irc, RPL_ADMINME, irc->server->name);
    for (size_t i = 0; i < 3; i++) {
        if (admin[i].count > 0) {
            IRC_SAY(irc, numerics[i], admin[i]);
        }
    }
    return true;
}

/* There is no tree of servers, so none is linked. */
bool irc_run_links(struct irc_call *call)
{
    if (!irc_is_idle(call->irc)) {
        return false;
    }
    IRC_SAY(call->irc, RPL_ENDOFLINKS, TEXT("*"));
    return true;
}

void irc_say_motd(struct irc *irc)
{
    struct text motd = irc->server->motd;
    struct bytes title = {0};
    if (motd.count == 0) {
        irc_say(irc, ERR_NOMOTD, NULL, 0);
        return;
    }
    if (bytes_format(&title, "- %.*s Message of the day -", (int)irc->server->name.count,
                     irc->server->name.data) != ERR_OK) {
        irc_give_up(irc);
        return;
    }
    IRC_SAY(irc, RPL_MOTDSTART, bytes_text(&title));
    bytes_finish(&title);
    while (motd.count > 0) {
        const char *newline = memchr(motd.data, '\n', motd.count);
        size_t count = newline == NULL ? motd.count : (size_t)(newline - motd.data);
        IRC_SAY(irc, RPL_MOTD, (struct text){.data = motd.data, .count = count});
        size_t used = newline == NULL ? count : count + 1;
        motd = (struct text){.data = motd.data + used, .count = motd.count - used};
    }
    irc_say(irc, RPL_ENDOFMOTD, NULL, 0);
}

bool irc_run_motd(struct irc_call *call)
{
    if (!irc_is_idle(call->irc)) {
        return false;
    }
    irc_say_motd(call->irc);
    return true;
}
