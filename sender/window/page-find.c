/* Which box: the meeting ID that its display shows, or one that is announced on this network. */
#include "common/base/i18n.h"
#include "sender/window/page.h"
#include "sender/window/parts.h"
#include "signalling/discovery.h"
#include "signalling/meeting-id.h"

#define BOX_NAME "lectern-name"
#define BOX_TARGET "lectern-target"
#define MAX_BOXES 50 /* anybody on the network can announce some */
#define LOOKING_MS 4000

typedef struct {
    LecPage page;
    LecSteps *steps;
    GtkWidget *entry, *problem, *list, *frame, *state;
    LecBrowser *browser;
    guint n_boxes, looking;
} Find;

static void connect_to_typed(GtkButton *button, gpointer user) {
    Find *self = user;
    g_autofree char *target =
        g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->entry))));
    if (*target) {
        lec_steps_connect(self->steps, target);
        return;
    }
    lec_parts_say(self->problem, _("Type the meeting ID first. The display shows it."));
    gtk_widget_grab_focus(self->entry);
}

static void on_typed(GtkEditable *entry, gpointer user) {
    Find *self = user;
    lec_parts_say(self->problem, NULL);
}

static void on_row(GtkListBox *list, GtkListBoxRow *row, gpointer user) {
    Find *self = user;
    lec_steps_connect(self->steps, g_object_get_data(G_OBJECT(row), BOX_TARGET));
}

/* ---- boxes nearby ---- */

/* A list by itself passes its mnemonic over. */
static gboolean on_mnemonic(GtkWidget *list, gboolean cycling, gpointer user) {
    return gtk_widget_child_focus(list, GTK_DIR_TAB_FORWARD);
}

static GtkWidget *find_row(Find *self, const char *name) {
    for (GtkWidget *row = gtk_widget_get_first_child(self->list); row;
         row = gtk_widget_get_next_sibling(row))
        if (g_strcmp0(g_object_get_data(G_OBJECT(row), BOX_NAME), name) == 0)
            return row;
    return NULL;
}

static void say_state(Find *self, const char *sentence) {
    gtk_widget_set_visible(self->frame, self->n_boxes > 0);
    lec_parts_say(self->state, self->n_boxes > 0 ? NULL : sentence);
}

static char *make_target(const LecBox *box) {
    return strchr(box->host, ':') ? g_strdup_printf("[%s]:%u", box->host, box->port)
                                  : g_strdup_printf("%s:%u", box->host, box->port);
}

static GtkWidget *make_row(const LecBox *box) {
    GtkWidget *row = gtk_list_box_row_new();
    GtkWidget *column = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
    GtkWidget *name = gtk_label_new(box->name), *host = gtk_label_new(box->host);
    gtk_label_set_xalign(GTK_LABEL(name), 0);
    gtk_label_set_xalign(GTK_LABEL(host), 0);
    gtk_label_set_ellipsize(GTK_LABEL(name), PANGO_ELLIPSIZE_END);
    gtk_widget_add_css_class(host, "quiet");
    gtk_box_append(GTK_BOX(column), name);
    gtk_box_append(GTK_BOX(column), host);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), column);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, box->name,
                                   GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, box->host, -1);
    g_object_set_data_full(G_OBJECT(row), BOX_NAME, g_strdup(box->name), g_free);
    g_object_set_data_full(G_OBJECT(row), BOX_TARGET, make_target(box), g_free);
    return row;
}

static void remove_row(Find *self, const char *name) {
    GtkWidget *row = find_row(self, name);
    if (!row)
        return;
    gtk_list_box_remove(GTK_LIST_BOX(self->list), row);
    self->n_boxes--;
}

static void on_found(const LecBox *box, void *user) {
    Find *self = user;
    GtkWidget *before = find_row(self, box->name);
    g_autofree char *target = make_target(box);
    if (before && g_strcmp0(g_object_get_data(G_OBJECT(before), BOX_TARGET), target) == 0)
        return; /* a row that is replaced would lose the focus */
    remove_row(self, box->name);
    if (self->n_boxes < MAX_BOXES) {
        gtk_list_box_append(GTK_LIST_BOX(self->list), make_row(box));
        self->n_boxes++;
    }
    say_state(self, NULL);
}

static void on_lost(const char *name, void *user) {
    Find *self = user;
    remove_row(self, name);
    say_state(self,
              _("No display is announced on this network. The meeting ID works all the same."));
}

static gboolean on_looked(gpointer user) {
    Find *self = user;
    self->looking = 0;
    say_state(self,
              _("No display is announced on this network. The meeting ID works all the same."));
    return G_SOURCE_REMOVE;
}

static void on_settled(void *user) {
    /* Answers on a busy network may be late: LOOKING_MS decides. */
}

static void on_unavailable(const char *why, void *user) {
    Find *self = user;
    g_clear_handle_id(&self->looking, g_source_remove);
    say_state(self, _("Displays nearby cannot be found here. The meeting ID works all the same."));
}

static const LecBrowserEvents browser_events = {
    .found = on_found,
    .lost = on_lost,
    .settled = on_settled,
    .unavailable = on_unavailable,
};

static void stop_looking(LecPage *page) {
    Find *self = (Find *)page;
    g_clear_handle_id(&self->looking, g_source_remove);
    g_clear_pointer(&self->browser, lec_browser_free);
}

static void start_looking(LecPage *page, const LecView *view) {
    Find *self = (Find *)page;
    stop_looking(page);
    for (GtkWidget *row; (row = gtk_widget_get_first_child(self->list));)
        gtk_list_box_remove(GTK_LIST_BOX(self->list), row);
    self->n_boxes = 0;
    say_state(self, _("Looking for displays nearby…"));
    self->looking = g_timeout_add(LOOKING_MS, on_looked, self);
    self->browser = lec_browser_new(&browser_events, self);
    gtk_editable_select_region(GTK_EDITABLE(self->entry), 0, -1);
}

/* ---- the page ---- */

static void update(LecPage *page, const LecView *view) {
}

static void free_page(LecPage *page) {
    stop_looking(page);
    g_free(page);
}

static int compare_rows(GtkListBoxRow *one, GtkListBoxRow *other, gpointer unused) {
    return g_utf8_collate(g_object_get_data(G_OBJECT(one), BOX_NAME),
                          g_object_get_data(G_OBJECT(other), BOX_NAME));
}

static GtkWidget *make_list(Find *self) {
    GtkWidget *nearby = gtk_label_new_with_mnemonic(_("Or a display _nearby"));
    gtk_widget_set_halign(nearby, GTK_ALIGN_START);
    gtk_widget_add_css_class(nearby, "part");
    gtk_box_append(GTK_BOX(self->page.root), nearby);
    self->list = gtk_list_box_new();
    gtk_widget_add_css_class(self->list, "boxes");
    gtk_list_box_set_selection_mode(GTK_LIST_BOX(self->list), GTK_SELECTION_NONE);
    gtk_list_box_set_sort_func(GTK_LIST_BOX(self->list), compare_rows, NULL, NULL);
    gtk_label_set_mnemonic_widget(GTK_LABEL(nearby), self->list);
    g_signal_connect(self->list, "mnemonic-activate", G_CALLBACK(on_mnemonic), NULL);
    g_signal_connect(self->list, "row-activated", G_CALLBACK(on_row), self);
    self->frame = gtk_scrolled_window_new();
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(self->frame), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(self->frame), TRUE);
    gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(self->frame), 240);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(self->frame), self->list);
    return self->frame;
}

LecPage *lec_page_find_new(LecSteps *steps) {
    Find *self = g_new0(Find, 1);
    GtkWidget *root = lec_parts_page(_("Share your screen"));
    self->steps = steps;
    self->page = (LecPage){.root = root,
                           .update = update,
                           .entered = start_looking,
                           .left = stop_looking,
                           .free = free_page};
    self->entry = lec_parts_entry(
        root, _("_Meeting ID"), _("The digits that the display shows. A host name does as well."));
    gtk_widget_add_css_class(self->entry, "large");
    g_signal_connect(self->entry, "changed", G_CALLBACK(on_typed), self);
    self->problem = lec_parts_alert();
    gtk_box_append(GTK_BOX(root), self->problem);
    gtk_box_append(GTK_BOX(root), make_list(self));
    self->state = lec_parts_status("quiet");
    gtk_box_append(GTK_BOX(root), self->state);
    self->page.focus = self->entry;
    self->page.button = lec_parts_button(_("_Continue"), "suggested-action");
    g_signal_connect(self->page.button, "clicked", G_CALLBACK(connect_to_typed), self);
    gtk_box_append(GTK_BOX(root), lec_parts_row(NULL, self->page.button));
    return &self->page;
}

void lec_page_find_set_target(LecPage *page, const char *target) {
    Find *self = (Find *)page;
    char digits[LEC_MEETING_ID_SIZE];
    guint32 ipv4;
    guint16 port;
    const bool is_id = lec_meeting_id_parse(target, &ipv4, &port, digits) != LEC_MEETING_ID_INVALID;
    g_autofree char *grouped = is_id ? lec_meeting_id_group(digits) : g_strdup(target);
    gtk_editable_set_text(GTK_EDITABLE(self->entry), grouped);
    gtk_editable_set_position(GTK_EDITABLE(self->entry), -1);
}
