/* The welcome screen's facts: address, meeting ID, PIN, clock, trouble. */
#include "receiver/screen.h"

#include <stdio.h>
#include <string.h>

#include "common/base/i18n.h"
#include "common/base/log.h"
#include "receiver/address.h"
#include "receiver/stage/welcome.h"
#include "signalling/meeting-id.h"

/* Owned strings; two of them alike look alike. */
typedef struct {
    char *meeting_id, *local_id, *pin, *address, *url, *network, *clock, *notice;
} Facts;

struct LecScreen {
    const LecSettings *settings;
    const char *box_name;
    guint16 port;
    const LecAdmission *admission;
    LecStage *stage;
    bool announce;
    char *discovery_trouble;
    char *cloud_number, *cloud_notice;
    char *cloud_code;
    Facts facts;
    bool drawn; /* the stage's background shows facts */
    guint tick;
    char *announced;
};

/* Wiped first: it holds the PIN. */
static void free_secret(char *text) {
    if (text)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

static void facts_clear(Facts *self) {
    g_free(self->meeting_id);
    g_free(self->local_id);
    free_secret(self->pin);
    g_free(self->address);
    g_free(self->url);
    g_free(self->network);
    g_free(self->clock);
    g_free(self->notice);
    memset(self, 0, sizeof *self);
}

static bool facts_equal(const Facts *a, const Facts *b) {
    return g_strcmp0(a->meeting_id, b->meeting_id) == 0 &&
           g_strcmp0(a->local_id, b->local_id) == 0 && g_strcmp0(a->pin, b->pin) == 0 &&
           g_strcmp0(a->address, b->address) == 0 && g_strcmp0(a->url, b->url) == 0 &&
           g_strcmp0(a->network, b->network) == 0 && g_strcmp0(a->clock, b->clock) == 0 &&
           g_strcmp0(a->notice, b->notice) == 0;
}

static char *now_text(void) {
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    return g_date_time_format(now, "%H:%M");
}

static char *lock_notice(const LecScreen *self) {
    const gint64 now = g_get_monotonic_time();
    const gint64 until = lec_admission_get_locked_until_us(self->admission, now);
    if (until <= now)
        return NULL;
    const guint left_s = (guint)((until - now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
    return g_strdup_printf(_("Too many wrong PINs: joining is locked for %u s."), left_s);
}

static void gather(const LecScreen *self, Facts *facts) {
    guint32 ipv4 = 0;
    const bool network = lec_address_find(&ipv4);
    char id[LEC_MEETING_ID_SIZE];
    if (network) {
        facts->address = lec_address_format(ipv4, self->port);
        facts->url = g_strdup_printf("https://%s/", facts->address);
        if (lec_meeting_id_from_address(ipv4, self->port, id))
            facts->local_id = g_strdup(id);
    }
    /* Six digits work from everywhere, from this network too. */
    facts->meeting_id = network && self->cloud_number ? g_strdup(self->cloud_number)
                                                      : g_steal_pointer(&facts->local_id);
    facts->pin = g_strdup(lec_admission_get_pin(self->admission));
    facts->network = g_strdup(!network ? _("No network: connect the cable or set up Wi-Fi.")
                              : self->cloud_notice      ? self->cloud_notice
                              : self->discovery_trouble ? self->discovery_trouble
                                                        : _("Ready"));
    facts->clock = now_text();
    facts->notice = lock_notice(self);
}

static void draw(LecScreen *self) {
    guint width, height;
    lec_stage_get_size(self->stage, &width, &height);
    const gsize stride = (gsize)width * 4;
    g_autofree guint8 *pixels = g_try_malloc(stride * height);
    const LecWelcome welcome = {
        .name = self->box_name,
        .meeting_id = self->facts.meeting_id,
        .local_id = self->facts.local_id,
        .pin = self->facts.pin,
        .address = self->facts.address,
        .join_url = self->facts.url,
        .network = self->facts.network,
        .clock = self->facts.clock,
        .notice = self->facts.notice,
        .dark = self->settings->dark,
    };
    if (!pixels || !lec_welcome_draw(&welcome, width, height, pixels, stride)) {
        lec_error("The welcome screen cannot be drawn at %u × %u.", width, height);
        return;
    }
    lec_stage_set_background(self->stage, pixels, stride);
    self->drawn = true;
}

static void announce(LecScreen *self) {
    const Facts *facts = &self->facts;
    g_autofree char *id =
        facts->meeting_id ? lec_meeting_id_group(facts->meeting_id) : g_strdup("–");
    g_autofree char *local = facts->local_id ? lec_meeting_id_group(facts->local_id) : NULL;
    g_autofree char *line = local ? g_strdup_printf("  Or, nearby  %s\n", local) : g_strdup("");
    g_autofree char *code =
        self->cloud_code ? g_strdup_printf("  To enrol    %s\n", self->cloud_code) : g_strdup("");
    g_autofree char *text =
        g_strdup_printf("\n  %s\n  Meeting ID  %s\n%s  PIN         %s\n  Address     %s\n"
                        "  To join     lectern-share %s\n%s\n",
                        self->box_name, id, line, facts->pin ? facts->pin : "none is asked",
                        facts->address ? facts->address : "no network",
                        facts->meeting_id ? facts->meeting_id
                        : facts->address  ? facts->address
                                          : "(connect to a network first)",
                        code);
    if (g_strcmp0(text, self->announced) == 0)
        return;
    fputs(text, stdout);
    fflush(stdout);
    free_secret(self->announced);
    self->announced = g_steal_pointer(&text);
}

/* Eight megabytes at 1080p that nobody sees. */
static void put_away(LecScreen *self) {
    if (!self->drawn)
        return;
    lec_stage_set_background(self->stage, NULL, 0);
    self->drawn = false;
}

void lec_screen_refresh(LecScreen *self) {
    Facts facts = {0};
    gather(self, &facts);
    if (!facts_equal(&facts, &self->facts))
        self->drawn = false;
    facts_clear(&self->facts);
    self->facts = facts;
    if (self->announce)
        announce(self);
    if (lec_stage_is_covered(self->stage))
        put_away(self);
    else if (!self->drawn)
        draw(self);
}

void lec_screen_resized(LecScreen *self) {
    self->drawn = false;
    draw(self);
}

static gboolean on_tick(gpointer user) {
    LecScreen *self = user;
    lec_screen_refresh(self);
    return G_SOURCE_CONTINUE;
}

void lec_screen_set_discovery(LecScreen *self, const char *trouble) {
    g_free(self->discovery_trouble);
    self->discovery_trouble = g_strdup(trouble);
    lec_screen_refresh(self);
}

void lec_screen_set_cloud(LecScreen *self, const char *number, const char *notice,
                          const char *code) {
    g_free(self->cloud_number);
    g_free(self->cloud_notice);
    self->cloud_number = g_strdup(number);
    self->cloud_notice = g_strdup(notice);
    free_secret(self->cloud_code);
    self->cloud_code = code ? lec_meeting_id_group(code) : NULL;
    lec_screen_refresh(self);
}

LecScreen *lec_screen_new(const LecSettings *settings, const char *box_name, guint16 port,
                          const LecAdmission *admission, LecStage *stage, bool announce_changes) {
    LecScreen *self = g_new0(LecScreen, 1);
    self->settings = settings;
    self->box_name = box_name;
    self->port = port;
    self->admission = admission;
    self->stage = stage;
    self->announce = announce_changes;
    self->tick = g_timeout_add_seconds(1, on_tick, self);
    lec_screen_refresh(self);
    return self;
}

void lec_screen_free(LecScreen *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->tick, g_source_remove);
    facts_clear(&self->facts);
    g_free(self->discovery_trouble);
    g_free(self->cloud_number);
    g_free(self->cloud_notice);
    free_secret(self->cloud_code);
    free_secret(self->announced);
    g_free(self);
}

const char *lec_screen_get_meeting_id(const LecScreen *self) {
    return self->facts.meeting_id ? self->facts.meeting_id : "";
}

const char *lec_screen_get_address(const LecScreen *self) {
    return self->facts.address ? self->facts.address : "";
}
