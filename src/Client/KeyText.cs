using System.ComponentModel;

namespace McCache.Client;

/// <summary>Keys as people read and write them, for administration: by the type's own converter, in the invariant culture.</summary>
internal static class KeyText<TKey>
    where TKey : notnull
{
    private const int MaxLength = 1_024;
    private static readonly TypeConverter s_converter = TypeDescriptor.GetConverter(typeof(TKey));

    /// <summary>Whether a text names a key.</summary>
    internal static bool IsReadable => s_converter.CanConvertFrom(typeof(string));

    internal static string Of(TKey key)
    {
        var text = (IsReadable ? s_converter.ConvertToInvariantString(key) : key.ToString()) ?? "";
        return text.Length <= MaxLength ? text : text[..MaxLength];
    }

    /// <exception cref="InvalidOperationException">Texts name no such keys.</exception>
    /// <exception cref="ArgumentException">This one does not.</exception>
    internal static TKey Parse(string text)
    {
        if (!IsReadable)
            throw new InvalidOperationException($"Keys of {typeof(TKey)} have no text; give the type a TypeConverter, or ask with the key itself.");
        try
        {
            return (TKey)s_converter.ConvertFromInvariantString(text)!;
        }
#pragma warning disable CA1031 // A converter may throw anything for a text that is none of its.
        catch (Exception)
#pragma warning restore CA1031
        {
            throw new ArgumentException($"The text is no {typeof(TKey)}.", nameof(text)); // which may be personal data, so it is not said again
        }
    }
}
