/* Two lists go through each watch: that of its nick and that of its peer. */
#include "server/watch.h"

#include "base/check.h"
#include "base/mem.h"
#include "model/name.h"
#include "server/peer.h"

#include <string.h>

/* A nick that somebody watches. */
struct watched {
    struct watch *first;
};

struct watch {
    struct peer *peer;
    struct watched *watched;
    struct watch *next_of_peer;
    struct watch *next_of_nick;
    struct watch **at_of_nick; /* Where the pointer to it stands. */
    uint32_t nick_bytes;
    char nick[];
};

enum error watch_table_init(struct watch_table *table, uint64_t seed)
{
    table->nicks = map_new(seed);
    return table->nicks != NULL ? ERR_OK : ERR_MEMORY;
}

void watch_table_finish(struct watch_table *table)
{
    map_free(table->nicks);
}

static struct text key_text(const struct name_key *key)
{
    return (struct text){.data = key->data, .count = key->count};
}

static struct text nick_of(const struct watch *watch)
{
    return (struct text){.data = watch->nick, .count = watch->nick_bytes};
}

/* Nicks of a peer are compared by their keys; the shorter way first. */
static bool watch_is_of(const struct watch *watch, struct text nick, const struct name_key *key)
{
    if (text_equal(nick_of(watch), nick)) {
        return true;
    }
    struct name_key own;
    check(name_key(nick_of(watch), &own) == ERR_OK);
    return text_equal(key_text(&own), key_text(key));
}

/* Where the pointer to the peer's watch of the nick stands, or would. */
static struct watch **peer_find(struct peer *peer, struct text nick, const struct name_key *key,
                                uint32_t *out_count)
{
    struct watch **at = &peer->watches;
    *out_count = 0;
    while (*at != NULL && !watch_is_of(*at, nick, key)) {
        at = &(*at)->next_of_peer;
        (*out_count)++;
    }
    return at;
}

/* The nick of that key, made when nobody watches it yet. NULL when there is no memory. */
static struct watched *table_watched(struct watch_table *table, const struct name_key *key)
{
    struct watched *watched = map_get(table->nicks, key_text(key));
    if (watched != NULL) {
        return watched;
    }
    watched = mem_zalloc(1, sizeof *watched);
    if (watched != NULL && map_put(table->nicks, key_text(key), watched) != ERR_OK) {
        mem_free(watched);
        return NULL;
    }
    return watched;
}

static void watch_link(struct watch *watch, struct watched *watched)
{
    watch->watched = watched;
    watch->next_of_nick = watched->first;
    watch->at_of_nick = &watched->first;
    if (watched->first != NULL) {
        watched->first->at_of_nick = &watch->next_of_nick;
    }
    watched->first = watch;
}

enum error watch_add(struct watch_table *table, struct peer *peer, struct text nick)
{
    struct name_key key;
    if (name_check(nick) != NAME_OK || name_key(nick, &key) != ERR_OK) {
        return ERR_INVALID;
    }
    uint32_t count;
    struct watch **at = peer_find(peer, nick, &key, &count);
    if (*at != NULL) {
        return ERR_EXISTS;
    }
    if (count >= MONITOR_COUNT_MAX) {
        return ERR_LIMIT;
    }
    struct watch *watch = mem_alloc(sizeof *watch + nick.count);
    if (watch == NULL) {
        return ERR_MEMORY;
    }
    struct watched *watched = table_watched(table, &key);
    if (watched == NULL) {
        mem_free(watch);
        return ERR_MEMORY;
    }
    *watch = (struct watch){.peer = peer, .nick_bytes = (uint32_t)nick.count};
    memcpy(watch->nick, nick.data, nick.count);
    watch_link(watch, watched);
    *at = watch;
    return ERR_OK;
}

static void watch_drop(struct watch_table *table, struct watch **at)
{
    struct watch *watch = *at;
    *at = watch->next_of_peer;
    *watch->at_of_nick = watch->next_of_nick;
    if (watch->next_of_nick != NULL) {
        watch->next_of_nick->at_of_nick = watch->at_of_nick;
    }
    if (watch->watched->first == NULL) {
        struct name_key key;
        check(name_key(nick_of(watch), &key) == ERR_OK);
        check(map_take(table->nicks, key_text(&key)) == watch->watched);
        mem_free(watch->watched);
    }
    mem_free(watch);
}

void watch_remove(struct watch_table *table, struct peer *peer, struct text nick)
{
    struct name_key key;
    if (name_check(nick) != NAME_OK || name_key(nick, &key) != ERR_OK) {
        return;
    }
    uint32_t count;
    struct watch **at = peer_find(peer, nick, &key, &count);
    if (*at != NULL) {
        watch_drop(table, at);
    }
}

void watch_remove_all(struct watch_table *table, struct peer *peer)
{
    while (peer->watches != NULL) {
        watch_drop(table, &peer->watches);
    }
}

struct text watch_nick(const struct peer *peer, uint32_t index)
{
    const struct watch *watch = peer->watches;
    for (uint32_t i = 0; i < index && watch != NULL; i++) {
        watch = watch->next_of_peer;
    }
    return watch != NULL ? nick_of(watch) : TEXT_NONE;
}

const struct watch *watch_first(const struct watch_table *table, struct text nick)
{
    struct name_key key;
    if (map_count(table->nicks) == 0 || name_key(nick, &key) != ERR_OK) {
        return NULL;
    }
    const struct watched *watched = map_get(table->nicks, key_text(&key));
    return watched != NULL ? watched->first : NULL;
}

const struct watch *watch_next(const struct watch *watch)
{
    return watch->next_of_nick;
}

bool watch_same_nick(struct text a, struct text b)
{
    struct name_key key_a;
    struct name_key key_b;
    return name_key(a, &key_a) == ERR_OK && name_key(b, &key_b) == ERR_OK &&
           text_equal(key_text(&key_a), key_text(&key_b));
}

struct peer *watch_peer(const struct watch *watch)
{
    return watch->peer;
}
