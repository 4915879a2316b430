package store

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Book inserts, and then counts: no counter beside the bookings can disagree with them
// where a process dies between two writes.
func (m *mongoDB) Book(ctx context.Context, b Booking) (score int64, err error) {
	_, err = m.bookings.InsertOne(ctx, bson.D{{Key: "_id", Value: b.ID}, {Key: "organizerId", Value: b.OrganizerID}})
	if mongo.IsDuplicateKeyError(err) {
		var there struct {
			OrganizerID string `bson:"organizerId"`
		}
		err = m.bookings.FindOne(ctx, bson.D{{Key: "_id", Value: b.ID}}).Decode(&there)
		if err == nil && there.OrganizerID != b.OrganizerID {
			err = ErrTaken
		}
	}
	if err != nil {
		return 0, explainMongo("book", b.ID, err)
	}
	score, err = m.bookings.CountDocuments(ctx, bson.D{{Key: "organizerId", Value: b.OrganizerID}})
	return score, explainMongo("book", b.ID, err)
}

func (m *mongoDB) Scores(ctx context.Context, most int) ([]Score, error) {
	steps := mongo.Pipeline{
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$organizerId"}, {Key: "score", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
		{{Key: "$sort", Value: bson.D{{Key: "score", Value: -1}, {Key: "_id", Value: -1}}}},
	}
	if most > 0 {
		steps = append(steps, bson.D{{Key: "$limit", Value: most}})
	}
	cursor, err := m.bookings.Aggregate(ctx, steps)
	if err != nil {
		return nil, fmt.Errorf("list scores: %w", err)
	}
	scores := make([]Score, 0, most)
	if err := cursor.All(ctx, &scores); err != nil {
		return nil, fmt.Errorf("list scores: %w", err)
	}
	return scores, nil
}
