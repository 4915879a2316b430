package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/trektribe/bench/fixtures"
)

const (
	// findServer bounds how long a call waits for a server that is not there;
	// the driver's own default is 30 s.
	findServer = 2 * time.Second
	// defaultDatabase is the one of the document's compose file.
	defaultDatabase = "trekktribe"
)

type mongoDB struct {
	client *mongo.Client
	trips  *mongo.Collection
	users  *mongo.Collection

	bookings *mongo.Collection
}

// seedWithin bounds the seeding: a server that accepts and then hangs must not
// keep a service from telling that it cannot start. On a sound one it takes a second.
const seedWithin = 30 * time.Second

// OpenMongo connects to uri, whose path names the database, and seeds it.
// What is there already is left alone.
func OpenMongo(ctx context.Context, uri string, seed uint64) (DB, error) {
	// Errors of the parser quote the URI, password and all: they are left out on purpose.
	u, err := url.Parse(uri)
	if err != nil {
		return nil, errors.New("open mongo: MONGODB_URI is not a URI; want mongodb://host:port/database")
	}
	name := strings.Trim(u.Path, "/")
	if name == "" {
		name = defaultDatabase
	}
	opts := options.Client().ApplyURI(uri)
	if opts.Validate() != nil {
		return nil, errors.New("open mongo: MONGODB_URI is not valid; want mongodb://host:port/database")
	}
	client, err := mongo.Connect(opts.SetServerSelectionTimeout(findServer).SetConnectTimeout(findServer))
	if err != nil {
		return nil, fmt.Errorf("open mongo at %s: %w", u.Host, err)
	}
	db := client.Database(name)
	m := &mongoDB{client: client, trips: db.Collection("trips"), users: db.Collection("users"), bookings: db.Collection("bookings")}
	ctx, cancel := context.WithTimeout(ctx, seedWithin)
	defer cancel()
	if err := m.seed(ctx, seed); err != nil {
		return nil, errors.Join(fmt.Errorf("seed mongo at %s: %w; check MONGODB_URI and that the server runs", u.Host, err), m.Close())
	}
	return m, nil
}

// seed makes the index and fills both collections.
func (m *mongoDB) seed(ctx context.Context, seed uint64) error {
	if err := m.client.Ping(ctx, nil); err != nil {
		return err
	}
	index := mongo.IndexModel{Keys: bson.D{{Key: "status", Value: 1}, {Key: "startDate", Value: 1}, {Key: "_id", Value: 1}}}
	if _, err := m.trips.Indexes().CreateOne(ctx, index); err != nil {
		return err
	}
	index = mongo.IndexModel{Keys: bson.D{{Key: "organizerId", Value: 1}}}
	if _, err := m.bookings.Indexes().CreateOne(ctx, index); err != nil {
		return err
	}
	trips, users := map[string]bson.D{}, map[string]bson.D{}
	for _, t := range fixtures.Trips(seed) {
		trips[t.ID] = tripWithoutID(t)
	}
	for _, u := range fixtures.Users(seed) {
		users[u.ID] = userWithoutID(u)
	}
	if err := fillMongo(ctx, m.trips, trips); err != nil {
		return err
	}
	return fillMongo(ctx, m.users, users)
}

// fillMongo inserts what is missing, by id. Each upsert is atomic by its _id,
// so instances that start together cannot double anything: at worst the loser's
// insert meets the winner's as a duplicate key, which is what was wanted.
func fillMongo(ctx context.Context, c *mongo.Collection, docs map[string]bson.D) error {
	switch n, err := c.CountDocuments(ctx, bson.D{}); {
	case err != nil:
		return err
	case n >= int64(len(docs)):
		return nil
	}
	var upserts []mongo.WriteModel
	for id, doc := range docs {
		upserts = append(upserts, mongo.NewUpdateOneModel().SetUpsert(true).
			SetFilter(bson.D{{Key: "_id", Value: id}}).
			SetUpdate(bson.D{{Key: "$setOnInsert", Value: doc}}))
	}
	_, err := c.BulkWrite(ctx, upserts, options.BulkWrite().SetOrdered(false))
	var failed mongo.BulkWriteException
	if errors.As(err, &failed) && failed.WriteConcernError == nil &&
		!slices.ContainsFunc(failed.WriteErrors, func(e mongo.BulkWriteError) bool { return e.Code != duplicateKey }) {
		return nil // another instance was faster
	}
	return err
}

// duplicateKey is MongoDB's code for an _id that is taken.
const duplicateKey = 11000

func (m *mongoDB) ActiveTrips(ctx context.Context) ([]Trip, error) {
	cursor, err := m.trips.Find(ctx, bson.D{{Key: "status", Value: fixtures.Active}},
		options.Find().SetSort(bson.D{{Key: "startDate", Value: 1}, {Key: "_id", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("list active trips: %w", err)
	}
	trips := make([]Trip, 0, fixtures.ActiveCount)
	if err := cursor.All(ctx, &trips); err != nil {
		return nil, fmt.Errorf("list active trips: %w", err)
	}
	return trips, nil
}

func (m *mongoDB) Trip(ctx context.Context, id string) (t Trip, err error) {
	err = m.trips.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&t)
	return t, explainMongo("find trip", id, err)
}

func (m *mongoDB) UpdateTrip(ctx context.Context, id string, c Change) (t Trip, err error) {
	update := bson.D{{Key: "$inc", Value: bson.D{{Key: "version", Value: int64(1)}}}}
	if !c.Empty() {
		update = append(update, bson.E{Key: "$set", Value: setters(c)})
	}
	err = m.trips.FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: id}}, update,
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&t)
	return t, explainMongo("update trip", id, err)
}

func (m *mongoDB) User(ctx context.Context, id string) (u User, err error) {
	err = m.users.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&u)
	return u, explainMongo("find user", id, err)
}

func (m *mongoDB) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), findServer)
	defer cancel()
	return m.client.Disconnect(ctx)
}

// tripWithoutID is t as a document that an upsert by _id may set.
func tripWithoutID(t Trip) bson.D {
	return bson.D{{Key: "title", Value: t.Title}, {Key: "description", Value: t.Description},
		{Key: "destination", Value: t.Destination}, {Key: "organizerId", Value: t.OrganizerID}, {Key: "price", Value: t.Price},
		{Key: "currency", Value: t.Currency}, {Key: "startDate", Value: t.StartDate}, {Key: "days", Value: t.Days},
		{Key: "capacity", Value: t.Capacity}, {Key: "difficulty", Value: t.Difficulty}, {Key: "status", Value: t.Status},
		{Key: "version", Value: t.Version}}
}

// userWithoutID is u as tripWithoutID is a trip.
func userWithoutID(u User) bson.D {
	return bson.D{{Key: "name", Value: u.Name}, {Key: "email", Value: u.Email}, {Key: "bio", Value: u.Bio},
		{Key: "interests", Value: u.Interests}, {Key: "version", Value: u.Version}}
}

// setters is what c changes, as $set takes it.
func setters(c Change) (set bson.D) {
	text := func(key string, v *string) {
		if v != nil {
			set = append(set, bson.E{Key: key, Value: *v})
		}
	}
	number := func(key string, v *int64) {
		if v != nil {
			set = append(set, bson.E{Key: key, Value: *v})
		}
	}
	text("title", c.Title)
	text("description", c.Description)
	text("destination", c.Destination)
	number("price", c.Price)
	text("startDate", c.StartDate)
	number("capacity", c.Capacity)
	text("status", c.Status)
	return set
}

func explainMongo(what, id string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, mongo.ErrNoDocuments):
		err = ErrNotFound
	}
	return fmt.Errorf("%s %q: %w", what, id, err)
}
