/* The metered stream: a GIOStream that hands everything on and counts what it reads. */
#include "signalling/meter.h"

/* What TLS records and WebSocket frames add to a message, generously. */
#define FRAMING_BYTES 512

#define LEC_TYPE_METER_INPUT (lec_meter_input_get_type())
G_DECLARE_FINAL_TYPE(LecMeterInput, lec_meter_input, LEC, METER_INPUT, GFilterInputStream)

struct _LecMeterInput {
    GFilterInputStream parent;
    /* Read on GIO's handshake thread until the handshake is done, on main afterwards: hence atomic.
     */
    gint left_bytes;
    gint allowance_bytes;
};

struct _LecMeter {
    GIOStream parent;
    GIOStream *base;
    LecMeterInput *input;
};

static void lec_meter_input_pollable_init(GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(LecMeterInput, lec_meter_input, G_TYPE_FILTER_INPUT_STREAM,
                              G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_INPUT_STREAM,
                                                    lec_meter_input_pollable_init))
G_DEFINE_FINAL_TYPE(LecMeter, lec_meter, G_TYPE_IO_STREAM)

/* What may be read at once; 0 with an error where the allowance is used up. */
static gsize input_allowed(LecMeterInput *self, gsize count, GError **error) {
    gint left = g_atomic_int_get(&self->left_bytes);
    if (left > 0)
        return MIN(count, (gsize)left);
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                        "The peer sent more than it is allowed to.");
    return 0;
}

static gssize input_count(LecMeterInput *self, gssize n) {
    if (n > 0)
        g_atomic_int_add(&self->left_bytes, -(gint)n);
    return n;
}

static GInputStream *input_base(LecMeterInput *self) {
    return g_filter_input_stream_get_base_stream(G_FILTER_INPUT_STREAM(self));
}

static gssize input_read(GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable,
                         GError **error) {
    LecMeterInput *self = LEC_METER_INPUT(stream);
    gsize allowed = input_allowed(self, count, error);
    if (!allowed)
        return -1;
    return input_count(self,
                       g_input_stream_read(input_base(self), buffer, allowed, cancellable, error));
}

static gssize input_read_nonblocking(GPollableInputStream *stream, void *buffer, gsize count,
                                     GError **error) {
    LecMeterInput *self = LEC_METER_INPUT(stream);
    gsize allowed = input_allowed(self, count, error);
    if (!allowed)
        return -1;
    GPollableInputStream *base = G_POLLABLE_INPUT_STREAM(input_base(self));
    return input_count(
        self, g_pollable_input_stream_read_nonblocking(base, buffer, allowed, NULL, error));
}

static gboolean input_can_poll(GPollableInputStream *stream) {
    return TRUE;
}

static gboolean input_is_readable(GPollableInputStream *stream) {
    LecMeterInput *self = LEC_METER_INPUT(stream);
    return g_pollable_input_stream_is_readable(G_POLLABLE_INPUT_STREAM(input_base(self)));
}

static GSource *input_create_source(GPollableInputStream *stream, GCancellable *cancellable) {
    LecMeterInput *self = LEC_METER_INPUT(stream);
    g_autoptr(GSource) base = g_pollable_input_stream_create_source(
        G_POLLABLE_INPUT_STREAM(input_base(self)), cancellable);
    return g_pollable_source_new_full(stream, base, NULL);
}

static void lec_meter_input_pollable_init(GPollableInputStreamInterface *iface) {
    iface->can_poll = input_can_poll;
    iface->is_readable = input_is_readable;
    iface->create_source = input_create_source;
    iface->read_nonblocking = input_read_nonblocking;
}

static void lec_meter_input_class_init(LecMeterInputClass *klass) {
    G_INPUT_STREAM_CLASS(klass)->read_fn = input_read;
}

static void lec_meter_input_init(LecMeterInput *self) {
}

static GInputStream *meter_get_input(GIOStream *stream) {
    return G_INPUT_STREAM(LEC_METER(stream)->input);
}

static GOutputStream *meter_get_output(GIOStream *stream) {
    return g_io_stream_get_output_stream(LEC_METER(stream)->base);
}

static gboolean meter_close(GIOStream *stream, GCancellable *cancellable, GError **error) {
    return g_io_stream_close(LEC_METER(stream)->base, cancellable, error);
}

static void meter_finalize(GObject *object) {
    LecMeter *self = LEC_METER(object);
    g_clear_object(&self->input);
    g_clear_object(&self->base);
    G_OBJECT_CLASS(lec_meter_parent_class)->finalize(object);
}

static void lec_meter_class_init(LecMeterClass *klass) {
    G_OBJECT_CLASS(klass)->finalize = meter_finalize;
    GIOStreamClass *stream = G_IO_STREAM_CLASS(klass);
    stream->get_input_stream = meter_get_input;
    stream->get_output_stream = meter_get_output;
    stream->close_fn = meter_close;
}

static void lec_meter_init(LecMeter *self) {
}

LecMeter *lec_meter_new(GIOStream *base, gsize allowance_bytes) {
    g_assert(allowance_bytes > 0 && allowance_bytes < G_MAXINT / 2);
    LecMeter *self = g_object_new(LEC_TYPE_METER, NULL);
    self->base = g_object_ref(base);
    self->input =
        g_object_new(LEC_TYPE_METER_INPUT, "base-stream", g_io_stream_get_input_stream(base),
                     "close-base-stream", FALSE, NULL);
    self->input->allowance_bytes = (gint)allowance_bytes;
    self->input->left_bytes = (gint)allowance_bytes;
    return self;
}

void lec_meter_pay(LecMeter *self, gsize len) {
    gint left = g_atomic_int_get(&self->input->left_bytes);
    gsize raised = (gsize)MAX(left, 0) + MIN(len, G_MAXINT / 4) + FRAMING_BYTES;
    g_atomic_int_set(&self->input->left_bytes,
                     (gint)MIN(raised, (gsize)self->input->allowance_bytes));
}

void lec_meter_renew(LecMeter *self) {
    g_atomic_int_set(&self->input->left_bytes, self->input->allowance_bytes);
}
