%% Whom guests of a Lectern cloud may write to, and how many meetings one address may try in an hour.
%% ejabberd's own limits count bytes, and a try has fewer of them than a call: see docs/decisions/0072-counting-tries.md.
-module(mod_lectern_guests).
-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).
-export([user_send_packet/1]).

-define(ROOMS_A_SESSION, 32).

start(Host, _Options) ->
    %% As in mod_fail2ban: the table outlives whoever happens to start the module.
    catch ets:new(?MODULE, [named_table, public, {write_concurrency, true}, {heir, erlang:group_leader(), none}]),
    ejabberd_hooks:add(user_send_packet, Host, ?MODULE, user_send_packet, 10).

stop(Host) ->
    ejabberd_hooks:delete(user_send_packet, Host, ?MODULE, user_send_packet, 10).

reload(_Host, _New, _Old) -> ok.
depends(_Host, _Options) -> [].
mod_opt_type(meetings) -> econf:host();
mod_opt_type(tries_an_hour) -> econf:pos_int().
mod_options(_Host) -> [{meetings, <<>>}, {tries_an_hour, 300}].
mod_doc() -> #{}.

user_send_packet({Stanza, #{lserver := Host} = Session}) ->
    Meetings = gen_mod:get_module_opt(Host, ?MODULE, meetings),
    case xmpp:get_to(Stanza) of
        undefined -> {Stanza, Session};
        To ->
            case jid:tolower(To) of
                {Room, Meetings, Nick} when Room =/= <<>> -> to_room(Room, Nick, Stanza, Session);
                {<<>>, Meetings, _} -> refuse(Stanza, Session, nobody());
                {<<>>, Host, _} -> {Stanza, Session};
                Own -> to_itself(Own, Stanza, Session)
            end
    end;
user_send_packet(Other) -> Other.

to_itself({User, Host, _}, Stanza, #{user := User, lserver := Host} = Session) -> {Stanza, Session};
to_itself(_, Stanza, Session) -> refuse(Stanza, Session, nobody()).

%% The first stanza of a session to a room is a try, whatever it is: each kind tells whether the room is there.
to_room(Room, Nick, Stanza, Session) ->
    Known = maps:get(lectern_rooms, Session, []),
    case lists:member(Room, Known) of
        true -> in_room(Nick, Stanza, Session);
        false ->
            case length(Known) < ?ROOMS_A_SESSION andalso is_allowed(Session) of
                true -> in_room(Nick, Stanza, Session#{lectern_rooms => [Room | Known]});
                false -> refuse(Stanza, Session, too_many())
            end
    end.

%% To join, to leave and to speak to the box. What a room tells about itself, and other guests, are not for guests.
in_room(Nick, Stanza, Session) ->
    case {element(1, Stanza), Nick} of
        {presence, _} -> {Stanza, Session};
        {iq, <<"box">>} -> {Stanza, Session};
        _ -> refuse(Stanza, Session, nobody())
    end.

%% The tries of the last 60 minutes: this clock hour's, and of the last one's the share that is not older than that.
is_allowed(#{ip := {Address, _}, lserver := Host}) ->
    Limit = gen_mod:get_module_opt(Host, ?MODULE, tries_an_hour),
    Now = erlang:system_time(second),
    Hour = Now div 3600,
    Network = network(Address),
    forget_before(Hour),
    Before = count({Network, Hour - 1}) * (3600 - Now rem 3600) / 3600,
    case Before + count({Network, Hour}) < Limit of
        true -> ets:update_counter(?MODULE, {Network, Hour}, 1, {{Network, Hour}, 0}), true;
        false -> false
    end.

count(Key) ->
    case ets:lookup(?MODULE, Key) of
        [{_, Count}] -> Count;
        [] -> 0
    end.

forget_before(Hour) ->
    case ets:insert_new(?MODULE, {{new, Hour}, 0}) of
        true -> ets:select_delete(?MODULE, [{{{'_', '$1'}, '_'}, [{'<', '$1', Hour - 1}], [true]}]);
        false -> 0
    end.

%% An IPv6 customer has a /64 at the least.
network({0, 0, 0, 0, 0, 16#ffff, A, B}) -> {A, B};
network({A, B, C, D, _, _, _, _}) -> {A, B, C, D};
network({A, B, C, D}) -> {A * 256 + B, C * 256 + D}.

nobody() -> xmpp:err_service_unavailable().
too_many() -> xmpp:err_resource_constraint(<<"Too many meetings were tried from this address; wait a while">>, <<"en">>).

refuse(Stanza, Session, Why) ->
    case xmpp:get_type(Stanza) of
        error -> ok;
        result -> ok;
        _ -> ejabberd_router:route_error(Stanza, Why)
    end,
    {stop, {drop, Session}}.
