"""The classic pipeline of the field's tutorials: a Sequential CNN on a folder of pictures for each class."""
