/* What the IRC door knows of the server, made of a configuration and part of it. */
#ifndef MADANG_SERVER_IRC_SETUP_H
#define MADANG_SERVER_IRC_SETUP_H

#include "door/irc.h"

struct config;

/* server borrows from the configuration and from this: it stays as long as the configuration does,
 * and neither may be copied. */
struct irc_setup {
    struct irc_server server;
    struct irc_operator operators[OPERATORS_MAX];
    char created[32];
};

/* Fills config->irc from the rest of config. To be called again when that has changed, before
 * others see it. Any thread. */
void irc_setup_make(struct config *config);
/* The operator whose hash this is, borrowed as hash is; "" when there is none. Any thread. */
struct text irc_setup_operator(const struct irc_server *server, struct text hash);

#endif
