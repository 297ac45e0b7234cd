"""A model for each thing that makes a change hard to see rightly."""

import uuid
from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now, Upper


class Keeper(models.Model):
    """The target of foreign keys; a char key that may change."""

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    word = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.word


class VisibleAnimals(models.Manager["Animal"]):
    def get_queryset(self) -> Any:
        return super().get_queryset().exclude(name="hidden")


class Animal(models.Model):
    """Every kind of column."""

    name = models.CharField(max_length=50)
    legs = models.IntegerField(default=4)
    weight = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    speed = models.FloatField(null=True)
    tame = models.BooleanField(default=False)
    born = models.DateField(null=True)
    seen = models.DateTimeField(null=True)
    fed = models.TimeField(null=True)
    asleep = models.DurationField(null=True)
    chip = models.UUIDField(null=True)
    facts = models.JSONField(null=True)
    marks = ArrayField(models.IntegerField(), null=True)
    image = models.BinaryField(null=True)
    photo = models.FileField(upload_to="zoo", blank=True)
    address = models.GenericIPAddressField(null=True)
    password = models.CharField(max_length=50, blank=True)  # a secret by its name
    keeper = models.ForeignKey(Keeper, models.SET_NULL, null=True, blank=True, related_name="animals")
    mother = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="young")
    tags = models.ManyToManyField(Tag, blank=True, related_name="animals")
    friends = models.ManyToManyField("self", blank=True)
    loud = models.GeneratedField(
        expression=Upper("name"), output_field=models.CharField(max_length=50), db_persist=True
    )
    arrived = models.DateTimeField(db_default=Now())
    touched = models.DateTimeField(auto_now=True)
    notes = GenericRelation("Note")

    objects = models.Manager()
    visible = VisibleAnimals()

    def __str__(self) -> str:
        return self.name


class Bird(Animal):
    """Multi-table inheritance."""

    wings = models.IntegerField(default=2)


class Parrot(Bird):
    """And once more."""

    words = models.IntegerField(default=0)


class TameAnimal(Animal):
    class Meta:
        proxy = True


class Membership(models.Model):
    """A relation with a model of its own."""

    tag = models.ForeignKey(Tag, models.CASCADE)
    club = models.ForeignKey("Club", models.CASCADE)
    rank = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.tag_id} in {self.club_id}"


class Club(models.Model):
    name = models.CharField(max_length=50)
    tags = models.ManyToManyField(Tag, through=Membership)

    def __str__(self) -> str:
        return self.name


class Note(models.Model):
    """A generic relation, and a key made by default."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    text = models.TextField()
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    about = GenericForeignKey("content_type", "object_id")

    def __str__(self) -> str:
        return self.text


class Seat(models.Model):
    """A composite key."""

    pk = models.CompositePrimaryKey("row", "place")
    row = models.IntegerField()
    place = models.IntegerField()
    taken = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.row}-{self.place}"


class Odd(models.Model):
    """Says what it is by asking the database, by failing, or at great length."""

    how = models.CharField(max_length=10)
    number = models.IntegerField(default=0)

    def __str__(self) -> str:
        if self.how == "query":
            return f"one of {Odd.objects.count()}"
        if self.how == "broken":
            return str(list(Odd.objects.raw("SELECT no_such_column FROM zoo_odd")))
        if self.how == "raises":
            raise ZeroDivisionError
        return "x" * 1_000_000
