/* The lines at start: every command in them can be typed as it stands. */
#include "server/greeting.h"

#include "base/check.h"
#include "base/lang.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define PORT_DEFAULT 9999
/* Fewer are worth a line. */
#define CONNECTIONS_FEW 1000
/* Of an address with its port: brackets, colon, five digits. */
#define PLACE_BYTES_MAX (INET6_ADDRSTRLEN + 8)

static bool is_mapped(const struct socket_address *address)
{
    return IN6_IS_ADDR_V4MAPPED(&address->host);
}

static bool is_loopback(const struct socket_address *address)
{
    return is_mapped(address) ? address->host.s6_addr[12] == 127
                              : IN6_IS_ADDR_LOOPBACK(&address->host);
}

/* 0.0.0.0 or [::], which takes IPv4 as well: every address of this machine. */
static bool is_everywhere(const struct socket_address *address)
{
    static const uint8_t none[4];
    return is_mapped(address) ? memcmp(&address->host.s6_addr[12], none, sizeof none) == 0
                              : IN6_IS_ADDR_UNSPECIFIED(&address->host);
}

/* The address to connect to from this machine. */
static void host_print(const struct socket_address *address, char out[INET6_ADDRSTRLEN])
{
    if (is_everywhere(address)) {
        memcpy(out, "127.0.0.1", sizeof "127.0.0.1");
        return;
    }
    const void *binary = &address->host;
    if (is_mapped(address)) {
        binary = &address->host.s6_addr[12];
    }
    check(inet_ntop(is_mapped(address) ? AF_INET : AF_INET6, binary, out, INET6_ADDRSTRLEN) !=
          NULL);
}

static enum error append_store(const struct greeting *greeting, struct bytes *out)
{
    struct bytes data = {0};
    enum error error = text_append_visible(&data, text_of(greeting->data));
    if (error == ERR_OK) {
        error = bytes_append(&data, "", 1);
    }
    if (error == ERR_OK) {
        error = bytes_format(out, _("madangd %s: 대화는 %s 에 저장합니다\n"), MADANG_VERSION,
                             data.data);
    }
    bytes_finish(&data);
    return error;
}

static enum error append_listener(const struct socket_address *bound, struct bytes *out)
{
    enum error error = bytes_format(out, "%s", _("듣는 곳: "));
    if (error == ERR_OK) {
        error = socket_address_append(bound, out);
    }
    return error == ERR_OK ? bytes_append(out, "\n", 1) : error;
}

/* The first listener where not only that door is; bound_count: none. */
static uint32_t first_without(const struct greeting *greeting, enum door_kind door)
{
    uint32_t index = 0;
    while (index < greeting->bound_count && greeting->listens[index].door == door) {
        index++;
    }
    return index;
}

/* For whom has an IRC client: most of them know /connect, all of them /join. */
static enum error append_irc(const struct greeting *greeting, struct bytes *out)
{
    uint32_t index = first_without(greeting, DOOR_PLAIN);
    if (index == greeting->bound_count) {
        return ERR_OK;
    }
    char host[INET6_ADDRSTRLEN];
    host_print(&greeting->bound[index], host);
    return bytes_format(out, _("IRC 클라이언트에서는: /connect %s %u, 그다음 /join %s\n"), host,
                        (unsigned)greeting->bound[index].port, greeting->lobby);
}

/* madang goes to port 9999 of 127.0.0.1 by itself. */
static enum error append_join(const struct greeting *greeting, struct bytes *out)
{
    uint32_t index = first_without(greeting, DOOR_IRC);
    if (index == greeting->bound_count) {
        return ERR_OK; /* netcat has nothing to say there. */
    }
    const struct socket_address *bound = &greeting->bound[index];
    char host[INET6_ADDRSTRLEN];
    host_print(bound, host);
    unsigned port = bound->port;
    if (port == PORT_DEFAULT && strcmp(host, "127.0.0.1") == 0) {
        return bytes_format(out, _("들어오는 법: madang 이름, 또는 nc 127.0.0.1 %u\n"), port);
    }
    char place[PLACE_BYTES_MAX];
    bool is_ipv6 = strchr(host, ':') != NULL;
    (void)snprintf(place, sizeof place, is_ipv6 ? "[%s]:%u" : "%s:%u", host, port);
    return bytes_format(out, _("들어오는 법: madang --server %s 이름, 또는 nc %s %u\n"), place,
                        host, port);
}

static enum error append_reach(const struct greeting *greeting, struct bytes *out)
{
    bool is_local = true;
    bool is_open = false;
    for (uint32_t i = 0; i < greeting->bound_count; i++) {
        is_local = is_local && is_loopback(&greeting->bound[i]);
        is_open = is_open || is_everywhere(&greeting->bound[i]);
    }
    if (is_local) {
        return bytes_format(
            out,
            _("이 컴퓨터에만 열려 있습니다. 이웃 컴퓨터에도 열려면: madangd --listen 0.0.0.0:%u\n"),
            (unsigned)greeting->bound[0].port);
    }
    if (is_open) {
        return bytes_format(
            out, "%s",
            _("다른 컴퓨터에서는 127.0.0.1 대신 이 컴퓨터의 주소를 씁니다 (hostname -I)\n"));
    }
    return ERR_OK;
}

enum error greeting_append(const struct greeting *greeting, struct bytes *out)
{
    check(greeting->bound_count >= 1);
    enum error error = append_store(greeting, out);
    for (uint32_t i = 0; i < greeting->bound_count && error == ERR_OK; i++) {
        error = append_listener(&greeting->bound[i], out);
    }
    if (error == ERR_OK) {
        error = append_join(greeting, out);
    }
    if (error == ERR_OK) {
        error = append_irc(greeting, out);
    }
    if (error == ERR_OK) {
        error = append_reach(greeting, out);
    }
    if (error == ERR_OK && greeting->connections_max < CONNECTIONS_FEW) {
        error = bytes_format(
            out, _("파일 디스크립터의 한도(ulimit -n) 때문에 %u명까지 들어올 수 있습니다\n"),
            (unsigned)greeting->connections_max);
    }
    return error;
}
